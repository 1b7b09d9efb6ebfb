"""Forms of operations: confirming, and finding them again."""

from typing import Any

from django import forms

from jobs import operations
from jobs.models import Action, Operation, OperationQuerySet, OperationStatus
from jobs.operations.deciding import LONGEST_REASON


class ConfirmForm(forms.Form):
    """A reason, and above a hundred jobs their number, typed."""

    reason = forms.CharField(max_length=LONGEST_REASON, help_text="Kept in the receipt and the audit.")
    typed = forms.CharField(max_length=20, label="Number of jobs")

    def __init__(self, operation: Operation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if operations.needs_typing(operation):
            self.fields["typed"].help_text = f"Type {operation.items_to_do} to go ahead."
            self.fields["typed"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}
        else:
            del self.fields["typed"]


class OperationFilter(forms.Form):
    """The filter of the list of operations; what makes no sense is left out."""

    action = forms.ChoiceField(choices=[("", "Any action"), *Action.choices], required=False)
    status = forms.ChoiceField(choices=[("", "Any status"), ("open", "Open"), *OperationStatus.choices], required=False)
    person = forms.CharField(required=False, max_length=150)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("action", "status"):
            self.fields[name].widget.attrs["aria-label"] = name.capitalize()

    def apply(self, found: OperationQuerySet) -> OperationQuerySet:
        self.is_valid()
        asked = self.cleaned_data
        if asked.get("status") == "open":
            found = found.open()
        exact = {"action": asked.get("action"), "actor_name": asked.get("person")}
        exact["status"] = asked.get("status") if asked.get("status") != "open" else ""
        return found.filter(**{name: value for name, value in exact.items() if value})

    @property
    def is_set(self) -> bool:
        return any(self.cleaned_data.values())
