"""The one place that writes audit entries."""

from datetime import datetime
from typing import Any

from .models import AuditEntry, BatchJob, Membership, Operation, Policy, Project, User

Target = Project | User | Membership | BatchJob | Operation | Policy
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
    return AuditEntry.objects.create(
        at=at,
        actor=by,
        actor_name=name or (by.username if by else NOBODY),
        verb=verb,
        target_kind=type(target).__name__.lower(),
        target_id=target.pk,
        target_label=str(target)[:200],
        project=project or _project_of(target),
        reason=reason,
        result=result[:40],
        detail=detail or {},
        address=address,
    )


def _project_of(target: Target) -> Project | None:
    if isinstance(target, Project):
        return target
    return None if isinstance(target, User | Operation | Policy) else target.project
