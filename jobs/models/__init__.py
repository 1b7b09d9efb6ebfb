from .audit import AuditEntry
from .history import Payload, ProgressSample, StateChange
from .job import BatchJob, BatchJobQuerySet, StateCount
from .people import Membership, Role, User
from .project import Project, ProjectQuerySet

__all__ = [
    "AuditEntry",
    "BatchJob",
    "BatchJobQuerySet",
    "Membership",
    "Payload",
    "ProgressSample",
    "Project",
    "ProjectQuerySet",
    "Role",
    "StateChange",
    "StateCount",
    "User",
]
