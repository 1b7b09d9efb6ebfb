"""The one place that writes audit entries."""

from datetime import datetime
from typing import Any

from .models import AuditEntry, BatchJob, Membership, Project, User

Target = Project | User | Membership | BatchJob


def record(
    verb: str,
    target: Target,
    *,
    by: User | None,
    at: datetime,
    address: str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write down that ``by`` (None: the command line or the server itself) did ``verb`` to ``target``."""
    return AuditEntry.objects.create(
        at=at,
        actor=by,
        actor_name=by.username if by else "command line",
        verb=verb,
        target_kind=type(target).__name__.lower(),
        target_id=target.pk,
        target_label=str(target)[:200],
        project=_project_of(target),
        detail=detail or {},
        address=address,
    )


def _project_of(target: Target) -> Project | None:
    if isinstance(target, Project):
        return target
    return None if isinstance(target, User) else target.project
