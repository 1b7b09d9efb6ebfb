"""Who did what to which thing, when, from where, with what result; rows are only ever added."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NoReturn, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from .operation import Operation
from .people import Role, User
from .project import Project

ABOUT_JOBS = ("batchjob", "operation")


class AppendOnly(TypeError):
    """Entries are neither changed nor deleted."""


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, user: User) -> Self:
        """What was done to jobs for all who see their project, to a project for its admins, all for superusers."""
        if user.is_superuser and user.is_active:
            return self
        seen, managed = Project.objects.visible_to(user), Project.objects.allowing(user, Role.ADMIN)
        about_jobs = Q(target_kind__in=ABOUT_JOBS, project__in=seen.order_by().values("pk"))
        operations = Operation.objects.visible_to(user).order_by().values("pk")
        about_operations = Q(target_kind="operation", target_id__in=operations)
        return self.filter(about_jobs | about_operations | Q(project__in=managed.order_by().values("pk")))

    def between(self, first: date | None, last: date | None) -> Self:
        """Of these days (UTC), both included; None leaves that side open."""
        since = {"at__gte": _midnight(first)} if first else {}
        until = {"at__lt": _midnight(last) + timedelta(days=1)} if last else {}
        return self.filter(**since, **until)

    def newest_first(self, *, before: int | None = None) -> Self:
        """Entries are only added, so their ids are in order of time; ``before`` is the id to go on from."""
        older = self.filter(pk__lt=before) if before else self
        return older.order_by("-pk")

    def update(self, **values: object) -> NoReturn:
        raise AppendOnly("Audit entries are not changed.")

    def delete(self) -> NoReturn:
        raise AppendOnly("Audit entries are not deleted.")


class AuditEntry(models.Model):
    """The database refuses to change or delete a row (migration 0008), so ids of what is deleted later stay in it."""

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    actor_name = models.CharField(max_length=150)
    verb = models.CharField(max_length=40)
    target_kind = models.CharField(max_length=20)
    target_id = models.BigIntegerField(null=True)
    target_label = models.CharField(max_length=200)
    project = models.ForeignKey("jobs.Project", models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    reason = models.TextField(blank=True)
    result = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict)
    address = models.CharField(max_length=45, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.verb} {self.target_label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("Audit entries are not changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Audit entries are not deleted.")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
