"""What one person sees of the board: the projects, and how fresh they are."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.db.models import Sum
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.models import BatchJob, BatchJobQuerySet, Project, Role, StateCount, User
from jobs.wording import many

from .times import relative


class Entry(NamedTuple):
    """What a page of jobs needs to know of a project; 500 plain rows cost a tenth of 500 models."""

    pk: int
    name: str
    provider: str
    version: int
    last_success_at: datetime | None
    last_full_at: datetime | None
    covered_since: datetime | None
    paused_at: datetime | None
    error: str


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

    @classmethod
    def of(cls, user: User) -> "Board":
        rows = list(Project.objects.visible_to(user).with_role_of(user).values_list("role", *Entry._fields))
        return cls(user, {row[1]: Entry(*row[1:]) for row in rows}, {row[1]: Role(row[0]) for row in rows})

    @cached_property
    def operates(self) -> bool:
        """Whether this person may act on the jobs of any project."""
        return any(role.includes(Role.OPERATOR) for role in self.roles.values())

    @cached_property
    def whole(self) -> bool:
        """Whether these are all projects there are rows of: then no query needs a list of hundreds."""
        return self.user.is_superuser and not Project.objects.filter(removed_at__isnull=False).exists()

    @cached_property
    def jobs(self) -> BatchJobQuerySet:
        return BatchJob.objects.all() if self.whole else BatchJob.objects.filter(project__in=list(self.projects))

    def place(self, jobs: Collection[BatchJob]) -> None:
        """Give ``jobs`` of a list their projects as far as known here; one added just now is read when asked for."""
        listed = {job.project_id for job in jobs} & self.projects.keys()
        projects = {pk: Project(**self.projects[pk]._asdict()) for pk in listed}
        for job in jobs:
            if project := projects.get(job.project_id):
                job.project = project

    @cached_property
    def names(self) -> dict[int, str]:
        return {pk: project.name for pk, project in self.projects.items()}

    @property
    def synced_at(self) -> datetime | None:
        """The last success of any project."""
        return max(
            (project.last_success_at for project in self.projects.values() if project.last_success_at), default=None
        )

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
        return f"{sorted((pk, role.value) for pk, role in self.roles.items())} {self.user.is_superuser} {self.whole}"

    @property
    def version(self) -> str:
        """Changes when anything does that a page of jobs shows, whoever looks in the same roles."""
        parts = [
            (pk, project.version, project.last_success_at, project.error, project.name)
            for pk, project in sorted(self.projects.items())
        ]
        return hashlib.blake2b(f"{self.audience} {parts}".encode(), digest_size=16).hexdigest()
