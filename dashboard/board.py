"""What one person sees of the board: the projects, and how fresh they are."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.models import BatchJob, BatchJobQuerySet, Project, User

from .times import relative

HEALTH = ("name", "provider", "version", "last_success_at", "last_full_at", "covered_since", "paused_at", "error")


@dataclass(frozen=True)
class Board:
    user: User
    projects: dict[int, Project]

    @classmethod
    def of(cls, user: User) -> "Board":
        projects = Project.objects.visible_to(user).only(*HEALTH)
        return cls(user, {project.pk: project for project in projects})

    @property
    def jobs(self) -> BatchJobQuerySet:
        return BatchJob.objects.filter(project__in=list(self.projects))

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
        many = f"{len(self.projects):,} project{'' if len(self.projects) == 1 else 's'}"
        return format_html("{}, synced {}", many, relative(self.synced_at, at)) if self.synced_at else SafeString(many)

    @property
    def in_trouble(self) -> list[Project]:
        return [project for project in self.projects.values() if project.error and not project.paused_at]

    @property
    def version(self) -> str:
        """Changes when anything does that a page of jobs shows, whoever looks."""
        parts = [
            (pk, project.version, project.last_success_at, project.error, project.name)
            for pk, project in sorted(self.projects.items())
        ]
        return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
