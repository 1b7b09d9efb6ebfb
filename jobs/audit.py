"""The one place that writes audit entries."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .models import Attention, AuditEntry, BatchJob, Membership, Operation, Policy, Price, Project, SavedView, User

Target = Project | User | Membership | BatchJob | Operation | Policy | Price | SavedView | Attention
NOBODY = "command line"


def record(
    verb: str,
    target: Target,
    *,
    by: User | None,
    at: datetime,
    address: str = "",
    detail: dict[str, Any] | None = None,
    reason: str = "",
    result: str = "",
    name: str = "",
    project: Project | None = None,
) -> AuditEntry:
    """Write down that ``by`` (None: the command line, or ``name``) did ``verb`` to ``target``.

    ``project`` is the one concerned, where the target does not say.
    """
    entry = _entry(verb, target, by, at, address)
    entry.actor_name = name or entry.actor_name
    entry.project_id = project.pk if project else entry.project_id
    entry.detail, entry.reason, entry.result = detail or {}, reason, result[:40]
    entry.save(force_insert=True)
    return entry


def record_each(verb: str, targets: Iterable[Target], *, by: User | None, at: datetime, address: str = "") -> None:
    """The same done to many things: an entry each, written together."""
    AuditEntry.objects.bulk_create((_entry(verb, target, by, at, address) for target in targets), batch_size=500)


def _entry(verb: str, target: Target, by: User | None, at: datetime, address: str) -> AuditEntry:
    return AuditEntry(
        at=at,
        actor=by,
        actor_name=by.username if by else NOBODY,
        verb=verb,
        target_kind=type(target).__name__.lower(),
        target_id=target.pk,
        target_label=str(target)[:200],
        project_id=_project_of(target),
        address=address,
    )


def _project_of(target: Target) -> int | None:
    if isinstance(target, Project):
        return target.pk
    if isinstance(target, SavedView):
        return target.shared_with_id
    return None if isinstance(target, User | Operation | Policy | Price) else target.project_id
