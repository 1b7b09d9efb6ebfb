"""The form of a project's switches."""

from typing import Any

from django import forms

from jobs.models import ArchiveMode, Role
from jobs.switches import Switches

MODES = {
    ArchiveMode.FINISH: "When a job finishes, before the provider drops them",
    ArchiveMode.DEMAND: "Only when somebody asks",
    ArchiveMode.OFF: "Never: nothing of them is stored here",
}
ROLES = {Role.VIEWER: "Every member", Role.OPERATOR: "Operators and admins"}


class SwitchesForm(forms.Form):
    archive_mode = forms.ChoiceField(
        label="Save results", choices=[(mode.value, words) for mode, words in MODES.items()], widget=forms.RadioSelect
    )
    results_role = forms.ChoiceField(
        label="Results may be opened by",
        choices=[(role.value, words) for role, words in ROLES.items()],
        widget=forms.RadioSelect,
        help_text="Opening and downloading them is written down.",
    )
    approval_above = forms.IntegerField(
        label="A second person approves operations on more jobs than",
        min_value=0,
        max_value=10_000_000,
        help_text="0: every operation.",
    )

    def chosen(self) -> Switches:
        values: dict[str, Any] = self.cleaned_data
        mode, role = ArchiveMode(values["archive_mode"]), Role(values["results_role"])
        return Switches(mode, role, values["approval_above"])
