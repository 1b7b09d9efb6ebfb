"""Forms about people and memberships."""

from typing import Any

from django import forms
from django.db.models import Q

from jobs.models import Project, Role, User

ROLES = [
    (Role.VIEWER.value, "Viewer: sees the jobs"),
    (Role.OPERATOR.value, "Operator: also acts on jobs"),
    (Role.ADMIN.value, "Admin: also manages the project and its members"),
]


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """User name and e-mail are unique without regard to case: people sign in with either."""

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email"]
        labels = {"username": "User name", "email": "E-mail"}
        help_texts = {
            "username": "Letters, digits and @ . + - _",
            "email": "Needed only to reset a forgotten password by mail.",
        }
        widgets = {"username": forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"})}

    def clean_username(self) -> str:
        return self._unique("username", "Somebody has this user name already: choose another.")

    def clean_email(self) -> str:
        return self._unique("email", "Somebody has this e-mail already: look under People.")

    def _unique(self, field: str, complaint: str) -> str:
        value: str = self.cleaned_data[field]
        others = User.objects.exclude(pk=self.instance.pk)
        if value and others.filter(Q(username__iexact=value) | Q(email__iexact=value)).exists():
            raise forms.ValidationError(complaint)
        return value


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES)

    def chosen(self) -> Role:
        return Role(self.cleaned_data["role"])


class MemberForm(RoleForm):
    """Somebody named by user name or e-mail joins a project."""

    person = forms.CharField(
        label="User name or e-mail",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "list": "people"}),
    )
    field_order = ["person", "role"]

    def clean_person(self) -> User:
        name = self.cleaned_data["person"].strip()
        people = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name), is_active=True)
        if len(people) != 1:
            raise forms.ValidationError("Nobody active has this user name or e-mail. A superuser adds people.")
        return people[0]


class JoinForm(RoleForm):
    """A given person joins a project chosen from those they are not in."""

    project = forms.ModelChoiceField(Project.objects.none(), empty_label="Choose a project")
    field_order = ["project", "role"]

    def __init__(self, person: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        joined = person.memberships.values("project")
        choice = self.fields["project"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Project.objects.on_board().exclude(pk__in=joined)
