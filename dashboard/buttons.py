"""The buttons that act on jobs: one that cannot work is disabled and says why; the server checks again (FIELD 3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from jobs.actions import can
from jobs.models import Action, BatchJob, Role

LABELS = {
    Action.CANCEL: "Cancel…",
    Action.ARCHIVE: "Archive results…",
    Action.DELETE: "Delete…",
    Action.FORGET: "Remove from board…",
}
WATCHING = "Your role here is viewer: ask an admin of the project to make you operator."


@dataclass(frozen=True, slots=True)
class Button:
    """``address`` is where its form is sent; ``reason`` is why it cannot work now, or ""."""

    label: str
    address: str
    reason: str = ""
    danger: bool = False


def job_buttons(job: BatchJob, role: Role, at: datetime) -> list[Button]:
    """What one job offers a person who has ``role`` in its project."""
    may_act = role.includes(Role.OPERATOR)
    return [*_actions(job, may_act, at), _keep(job, "" if may_act else WATCHING)]


def bar_buttons(*, operates: bool, gone: bool) -> list[Button]:
    """What ticked jobs offer, whatever their states: the plan tells what happens to each. ``gone``: some are gone."""
    watching = "" if operates else WATCHING
    actions = [Action.CANCEL, Action.ARCHIVE, *([Action.FORGET] if gone else []), Action.DELETE]
    made = [Button(LABELS[action], _plan(action), watching, action == Action.DELETE) for action in actions]
    return [Button("Download zip", reverse("job_zip")), Button("Pin to keep", reverse("job_keep"), watching), *made]


def _actions(job: BatchJob, may_act: bool, at: datetime) -> Iterator[Button]:
    for action, label in LABELS.items():
        if (action == Action.FORGET) == bool(job.gone_at) or action == Action.ARCHIVE:
            decision = can(action, job, may_act=may_act, at=at)
            reason = "" if decision.works else decision.reason
            yield Button(label, _plan(action), reason)


def _keep(job: BatchJob, watching: str) -> Button:
    kept = bool(job.kept_at)
    return Button("Unpin" if kept else "Pin to keep", reverse("job_unkeep" if kept else "job_keep"), watching)


def _plan(action: Action) -> str:
    return reverse("operation_plan", args=[action.value])
