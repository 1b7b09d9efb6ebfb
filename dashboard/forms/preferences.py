"""How one person wants to read the board."""

from functools import lru_cache
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dashboard.columns import ALWAYS, COLUMNS, shown_to
from dashboard.middleware import known_zones
from jobs.models import User

ROWS = (25, 50, 100, 200)
OLD_NAMES = ("Etc/", "SystemV/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/")


class ListForm(forms.Form):
    """The columns and the length of lists of jobs."""

    columns = forms.MultipleChoiceField(
        choices=[(column.name, column.title) for column in COLUMNS if column.name not in ALWAYS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    rows_per_page = forms.TypedChoiceField(coerce=int, choices=[(rows, str(rows)) for rows in ROWS])

    @classmethod
    def of(cls, user: User) -> "ListForm":
        shown = tuple(column.name for column in shown_to(user))
        return cls(initial={"columns": shown, "rows_per_page": user.rows_per_page})

    @property
    def menu(self) -> SafeString:
        """Its fields for the list's menu, made once for all who chose the same: it is a tenth of a page's time."""
        return _menu(self.initial["columns"], self.initial["rows_per_page"])

    def save(self, user: User) -> None:
        """Keep what was chosen; the columns that are always there keep the list from being empty."""
        columns = [*ALWAYS, *self.cleaned_data["columns"]]
        User.objects.filter(pk=user.pk).update(columns=columns, rows_per_page=self.cleaned_data["rows_per_page"])


@lru_cache(maxsize=1000)
def _menu(columns: tuple[str, ...], rows: int) -> SafeString:
    form = ListForm(initial={"columns": columns, "rows_per_page": rows})
    return SafeString("".join([render_to_string("_field.html", {"field": field}) for field in form]))


class KeysForm(forms.Form):
    """Whether keys pressed alone are shortcuts (WCAG 2.1.4)."""

    single_keys = forms.BooleanField(
        required=False,
        label="Single keys are shortcuts",
        help_text="Such as / to search and j, k for the next row. Turn them off where speech or another device types.",
    )

    def save(self, user: User) -> None:
        User.objects.filter(pk=user.pk).update(single_keys=self.cleaned_data["single_keys"])


class ZoneForm(forms.Form):
    """The time zone moments are told in; empty is the browser's."""

    silent_about_optional = True
    time_zone = forms.ChoiceField(
        required=False, help_text="Dates in filters and in files are UTC for everybody, so that links mean the same."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = sorted(name for name in known_zones() if "/" in name and not name.startswith(OLD_NAMES))
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "The browser's"), ("UTC", "UTC"), *((name, name.replace("_", " ")) for name in named)]

    def save(self, user: User) -> None:
        User.objects.filter(pk=user.pk).update(time_zone=self.cleaned_data["time_zone"])
