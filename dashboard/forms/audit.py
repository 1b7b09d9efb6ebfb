"""The filter of the audit page."""

from typing import Any

from django import forms

from jobs.models import AuditEntry, Project, User
from jobs.models.audit import AuditEntryQuerySet

LATELY = 5_000  # entries among which the names and verbs to choose from are looked up


class AuditFilter(forms.Form):
    """Who, what, about which project, when; what makes no sense is left out and told beside its field."""

    person = forms.CharField(required=False, max_length=150)
    verb = forms.CharField(required=False, max_length=40)
    project = forms.ModelChoiceField(Project.objects.none(), required=False, empty_label="All projects")
    first = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        projects = self.fields["project"]
        assert isinstance(projects, forms.ModelChoiceField)
        projects.widget.attrs["aria-label"] = "Project"
        projects.queryset = Project.objects.visible_to(user)

    def entries(self) -> AuditEntryQuerySet:
        """What this person may see of what was asked for."""
        self.is_valid()
        asked = self.cleaned_data
        exact = {"actor_name": asked.get("person"), "verb": asked.get("verb"), "project": asked.get("project")}
        entries = AuditEntry.objects.visible_to(self.user).filter(
            **{key: value for key, value in exact.items() if value}
        )
        return entries.between(asked.get("first"), asked.get("last"))

    @property
    def is_set(self) -> bool:
        return any(self.cleaned_data.values())

    def lately(self) -> tuple[list[str], list[str]]:
        """Names and verbs of what happened lately, to choose from."""
        newest = AuditEntry.objects.visible_to(self.user).newest_first()[:LATELY]
        pairs = set(newest.values_list("actor_name", "verb"))
        return sorted({name for name, _ in pairs}), sorted({verb for _, verb in pairs})
