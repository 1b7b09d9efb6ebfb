"""Forms about saved views."""

from typing import Any

from django import forms
from django.http import QueryDict

from jobs.filters import JobFilter
from jobs.models import Project, Role, SavedView, User


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SavedView
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}


class MembersField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Project) -> str:
        return f"Members of {obj}"


class ViewForm(NameForm):
    """A new view: its name, who else sees it, and the filter as a query string."""

    shared_with = MembersField(
        Project.objects.none(),
        label="Who sees it",
        empty_label="Only you",
        required=False,
        help_text="Operators and admins of a project may share a view with all its members.",
    )
    query = forms.CharField(required=False, max_length=8_000, widget=forms.HiddenInput)

    def __init__(self, person: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["shared_with"]
        assert isinstance(choice, MembersField)
        choice.queryset = Project.objects.allowing(person, Role.OPERATOR).order_by("name")

    def clean_query(self) -> str:
        return canonical(QueryDict(self.cleaned_data["query"]))


def canonical(params: QueryDict) -> str:
    """The filter and order that ``params`` describe, from the first page; what makes no sense is left out."""
    return JobFilter.parse(params).but().query()
