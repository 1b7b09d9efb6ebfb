"""The form of a policy."""

from typing import Any

from django import forms
from django.http import QueryDict

from jobs.models import Action, Policy
from jobs.policies import PolicyDraft

DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
WHEN = [("", "Every day"), *[(str(number), f"On {day}") for number, day in enumerate(DAYS)]]


class PolicyForm(forms.Form):
    """``filter`` is what the list of jobs has in its address: pasted as it is, or handed over by the list."""

    name = forms.CharField(max_length=100)
    action = forms.ChoiceField(choices=Action.choices, initial=Action.DELETE)
    filter = forms.CharField(
        required=False,
        max_length=2000,
        help_text="What stands after “?” in the address of a filtered list of jobs, or the whole address.",
        widget=forms.TextInput(attrs={"class": "mono", "placeholder": "state=failed&project=3"}),
    )
    older_than_days = forms.IntegerField(min_value=1, max_value=3650, initial=30, label="Older than (days)")
    weekday = forms.ChoiceField(choices=WHEN, required=False, label="When")
    hour = forms.IntegerField(min_value=0, max_value=23, initial=3, label="Hour (UTC)")
    archive_first = forms.BooleanField(
        required=False,
        initial=True,
        label="Save results first",
        help_text="Else jobs whose results are only at the provider are refused.",
    )

    def clean_filter(self) -> str:
        return str(self.cleaned_data["filter"]).rpartition("?")[2].strip()

    def draft(self) -> PolicyDraft:
        asked = self.cleaned_data
        return PolicyDraft(
            name=asked["name"],
            filter=asked["filter"],
            action=Action(asked["action"]),
            older_than_days=asked["older_than_days"],
            archive_first=asked["archive_first"],
            hour=asked["hour"],
            weekday=int(asked["weekday"]) if asked["weekday"] else None,
        )


def values_of(policy: Policy) -> dict[str, Any]:
    """What the form of an existing policy begins with."""
    names = ("name", "action", "filter", "older_than_days", "archive_first", "hour")
    weekday = "" if policy.weekday is None else str(policy.weekday)
    return {name: getattr(policy, name) for name in names} | {"weekday": weekday}


def handed_over(params: QueryDict) -> dict[str, Any]:
    """What the list of jobs hands over: its filter, and the age that stands in it."""
    query = QueryDict(params.get("filter", ""), mutable=True)
    age = query.pop("older_than", [""])[-1].removesuffix("d")
    return {"filter": query.urlencode()} | ({"older_than_days": age} if age.isdigit() else {})
