from .attention import Attention, AttentionJob, AttentionNote, AttentionQuerySet
from .audit import AuditEntry
from .forecast import Forecast, Lesson
from .history import Payload, ProgressSample, StateChange
from .job import BatchJob, BatchJobQuerySet, StateCount
from .operation import (
    Action,
    Operation,
    OperationItem,
    OperationItemQuerySet,
    OperationProject,
    OperationQuerySet,
    OperationStatus,
    Outcome,
    Policy,
    Step,
    Verdict,
)
from .people import Membership, Role, User
from .project import ArchiveMode, Project, ProjectQuerySet
from .results import Archive, ArchiveQuerySet, ArchiveStatus, Export, Price
from .saved_view import SavedView, SavedViewQuerySet

__all__ = [
    "Action",
    "Archive",
    "ArchiveMode",
    "ArchiveQuerySet",
    "ArchiveStatus",
    "Attention",
    "AttentionJob",
    "AttentionNote",
    "AttentionQuerySet",
    "AuditEntry",
    "BatchJob",
    "BatchJobQuerySet",
    "Export",
    "Forecast",
    "Lesson",
    "Membership",
    "Operation",
    "OperationItem",
    "OperationItemQuerySet",
    "OperationProject",
    "OperationQuerySet",
    "OperationStatus",
    "Outcome",
    "Payload",
    "Policy",
    "Price",
    "ProgressSample",
    "Project",
    "ProjectQuerySet",
    "Role",
    "SavedView",
    "SavedViewQuerySet",
    "StateChange",
    "StateCount",
    "Step",
    "User",
    "Verdict",
]
