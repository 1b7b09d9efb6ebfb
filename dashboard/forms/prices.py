"""The form of one price."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from jobs.models import Price

DOLLARS = ("input", "output", "cached")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class Dollars(forms.DecimalField):
    """USD per million tokens."""

    def __init__(self, label: str, words: str, *, required: bool = True) -> None:
        super().__init__(label=label, help_text=words, required=required, min_value=0, max_digits=16, decimal_places=6)


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    input = Dollars("Input", "USD per million tokens, before the batch discount.")
    output = Dollars("Output", "Thoughts count as output.")
    cached = Dollars("Cached input", "Empty: as input. The batch discount does not touch it.", required=False)
    batch_discount_percent = forms.DecimalField(
        label="Batch discount in percent", min_value=0, max_value=100, decimal_places=1, initial=50
    )

    class Meta:
        model = Price
        fields = ("model", "starts_on", "input", "output", "cached", "note")
        labels = {"starts_on": "In force from"}
        help_texts = {
            "model": "As the jobs list shows it, such as gemini-2.5-flash.",
            "starts_on": "Jobs created on this day (UTC) or later, until a later price of the model begins.",
        }
        widgets = {"starts_on": DAY}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["batch_discount_percent"] = plain(self.instance.batch_discount * 100)
            kept = {name: getattr(self.instance, name) for name in DOLLARS}
            self.initial.update({name: plain(number) for name, number in kept.items() if number is not None})

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        same = Price.objects.filter(model=cleaned.get("model", ""), starts_on=cleaned.get("starts_on", date.max))
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("starts_on", "The model has a price from this day already: edit that one.")
        return cleaned

    def price(self) -> Price:
        """What was entered, not yet stored."""
        price: Price = self.instance
        price.batch_discount = self.cleaned_data["batch_discount_percent"] / Decimal(100)
        return price

    @property
    def changed(self) -> list[str]:
        """The fields of the model that differ from what was there."""
        names = {"batch_discount_percent": "batch_discount"}
        return [names.get(name, name) for name in self.changed_data]


def plain(number: Decimal) -> Decimal:
    """As a person writes it: ``0.3`` instead of ``0.300000``, ``50`` instead of ``5E+1``."""
    return Decimal(f"{number.normalize():f}")
