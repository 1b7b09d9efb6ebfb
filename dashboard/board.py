"""What one person sees of the board: the projects, and how fresh they are."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from django.db.models import Exists, Sum, TextField, Value
from django.db.models.functions import Cast
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.models import BatchJob, BatchJobQuerySet, Project, Role, StateCount, User
from jobs.wording import many

from .times import relative


class Entry(NamedTuple):
    """What a page needs to know of every project; 500 plain rows cost a tenth of 500 models.

    Moments are text as the database writes it, which sorts as they do: reading 1,500 of them took 3 ms a page.
    """

    pk: int
    name: str
    provider: str
    version: int
    paused_at: datetime | None
    error: str
    last_success_at: str | None
    last_full_at: str | None
    covered_since: str | None


class Origin(NamedTuple):
    """What a row of a list tells of its project."""

    name: str
    last_success_at: datetime | None
    last_full_at: datetime | None
    covered_since: datetime | None


MOMENTS = Origin._fields[1:]
WRITTEN = {f"{name}_text": Cast(name, TextField()) for name in MOMENTS}
COLUMNS = [f"{name}_text" if name in MOMENTS else name for name in Entry._fields]


class FirstRead(NamedTuple):
    name: str
    jobs: int

    @property
    def words(self) -> str:
        return many(self.jobs, "job")


@dataclass(frozen=True)
class Board:
    user: User
    projects: dict[int, Entry]
    roles: dict[int, Role]
    whole: bool
    """Whether these are all projects there are rows of: then no query needs a list of hundreds."""

    @classmethod
    def of(cls, user: User) -> "Board":
        removed = Exists(Project.objects.filter(removed_at__isnull=False)) if user.is_superuser else Value(True)
        visible = Project.objects.visible_to(user).with_role_of(user).annotate(removed=removed, **WRITTEN)
        rows = list(visible.values_list("removed", "role", *COLUMNS))
        projects = {row[2]: Entry._make(row[2:]) for row in rows}
        return cls(user, projects, {row[2]: Role(row[1]) for row in rows}, whole=bool(rows) and not rows[0][0])

    @cached_property
    def operates(self) -> bool:
        """Whether this person may act on the jobs of any project."""
        return any(role.includes(Role.OPERATOR) for role in self.roles.values())

    @cached_property
    def jobs(self) -> BatchJobQuerySet:
        return BatchJob.objects.all() if self.whole else BatchJob.objects.filter(project__in=list(self.projects))

    def origin(self, job: BatchJob) -> Origin | None:
        """What is known here of its project; of one added just now nothing, so that it is read when asked for."""
        entry = self.projects.get(job.project_id)
        return Origin(entry.name, *(_moment(getattr(entry, name)) for name in MOMENTS)) if entry else None

    @cached_property
    def names(self) -> dict[int, str]:
        return {pk: project.name for pk, project in self.projects.items()}

    @cached_property
    def synced_at(self) -> datetime | None:
        """The last success of any project."""
        return _moment(max((each.last_success_at or "" for each in self.projects.values()), default=""))

    def summary(self, at: datetime) -> SafeString:
        """`14 projects, synced 6 s ago`."""
        known = many(len(self.projects), "project")
        return (
            format_html("{}, synced {}", known, relative(self.synced_at, at)) if self.synced_at else SafeString(known)
        )

    @cached_property
    def first_reads(self) -> list[FirstRead]:
        """The projects whose first sync is under way: nobody takes what came so far for all there is."""
        unread = [
            pk for pk, each in self.projects.items() if not (each.last_success_at or each.error or each.paused_at)
        ]
        if not unread:
            return []
        cells = StateCount.objects.filter(project__in=unread).values_list("project")
        counted = dict(cells.annotate(number=Sum("jobs")))
        return [FirstRead(self.projects[pk].name, counted[pk]) for pk in unread if counted.get(pk)]

    @property
    def in_trouble(self) -> list[Entry]:
        return [project for project in self.projects.values() if project.error and not project.paused_at]

    @property
    def audience(self) -> str:
        """The same for all who see the same projects in the same roles."""
        projects: dict[str, list[int]] = {}
        for pk, role in sorted(self.roles.items()):
            projects.setdefault(role.value, []).append(pk)
        return f"{sorted(projects.items())} {self.user.is_superuser} {self.whole}"

    @property
    def version(self) -> str:
        """Changes when anything does that a page of jobs shows, whoever looks in the same roles."""
        parts = [
            (pk, project.version, project.last_success_at, project.error, project.name)
            for pk, project in sorted(self.projects.items())
        ]
        return hashlib.blake2b(f"{self.audience} {parts}".encode(), digest_size=16).hexdigest()


def _moment(text: str | None) -> datetime | None:
    """PostgreSQL writes the zone (and psycopg takes no form but ISO); SQLite leaves it out: it is UTC."""
    moment = datetime.fromisoformat(text) if text else None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
