"""What people say about one attention."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from jobs import triage
from jobs.models import Attention, User

SNOOZES = {
    "1h": ("1 hour", timedelta(hours=1)),
    "4h": ("4 hours", timedelta(hours=4)),
    "1d": ("1 day", timedelta(days=1)),
    "7d": ("1 week", timedelta(days=7)),
    "day": ("the day below", timedelta()),
}


class AssignForm(forms.Form):
    person = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody", label="Looked after by")

    def __init__(self, *args: Any, user: User, row: Attention, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = triage.assignable(user, row)
        self.initial.setdefault("person", row.assigned_to_id)


class CommentForm(forms.Form):
    text = forms.CharField(max_length=2000, label="Comment", widget=forms.Textarea(attrs={"rows": 3}))


class SnoozeForm(forms.Form):
    span = forms.ChoiceField(choices=[(key, words) for key, (words, _) in SNOOZES.items()], label="Snooze for")
    day = forms.DateField(required=False, label="Until", widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("span") == "day" and not found.get("day"):
            self.add_error("day", "Choose the day, or one of the spans above.")
        return found

    def until(self, at: datetime) -> datetime:
        """The moment chosen: a span from now, or when a day begins where the person is."""
        if self.cleaned_data["span"] == "day":
            return datetime.combine(self.cleaned_data["day"], time.min, timezone.get_current_timezone())
        return at + SNOOZES[self.cleaned_data["span"]][1]


class ResolveForm(forms.Form):
    note = forms.CharField(max_length=2000, required=False, label="What was done")
