"""A batch job as last observed, and the exact counts of jobs by project, model and state."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Protocol, Self

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.db.models.lookups import In

from jobs import states
from jobs.states import Counts, State

from .people import User
from .project import Project

LISTED = Q(gone_at=None)
HAS_RESULTS = Q(output__gt="") | Q(reported=State.SUCCEEDED.value)  # may have: what ended badly can have some

SORTED = ("by_created", "by_ended", "by_requests", "by_failed", "by_duration")


def _literally(sql: str) -> RawSQL:
    """A condition of a partial index as SQLite must read it to use that index: with values in place."""
    return RawSQL(sql, (), output_field=models.BooleanField())  # noqa: S611 - no input in it


class BatchJobQuerySet(models.QuerySet["BatchJob"]):
    def visible_to(self, user: User) -> Self:
        """Jobs of the projects this person may see; for others they do not exist."""
        if user.is_superuser and user.is_active:
            return self.filter(project__removed_at=None)
        projects = list(Project.objects.visible_to(user).values_list("pk", flat=True))
        return self.filter(project__in=projects)

    def listed(self) -> Self:
        """Without those gone at the provider."""
        return self.filter(LISTED)

    def active(self) -> Self:
        return self.filter(state__in=states.ACTIVE)

    def finished(self) -> Self:
        return self.filter(state__in=states.TERMINAL)

    def with_results_unnoticed(self) -> Self:
        """Finished jobs that may have results of which nothing is known yet."""
        new = _literally("results_state = '' AND (output > '' OR reported = 'succeeded')")
        finished = In(Coalesce("state", "state"), sorted(states.TERMINAL))  # not by the index of states
        return self.filter(finished).listed().filter(new)

    def results(self, *states: str) -> Self:
        """By where their results are: ``waiting`` (only at the provider), ``saved`` or ``lost``."""
        return self.filter(_literally("results_state > ''"), results_state__in=states)

    def expiring(self, before: datetime) -> Self:
        """Finished, not saved, and dropped by the provider before then."""
        return self.filter(_literally("results_state = 'waiting'"), expires_at__lt=before)

    def with_warning(self, warning: str) -> Self:
        return self.filter(_literally("warning > ''"), warning=warning)

    def kept(self) -> Self:
        return self.filter(kept_at__isnull=False)


class Synced(Protocol):
    """A project, or what a list knows of one: when it was read."""

    @property
    def last_success_at(self) -> datetime | None: ...
    @property
    def last_full_at(self) -> datetime | None: ...
    @property
    def covered_since(self) -> datetime | None: ...


class BatchJob(models.Model):
    # No index of its own: the composite ones below begin with the project.
    project = models.ForeignKey(Project, models.CASCADE, related_name="jobs", db_index=False)
    name = models.CharField(max_length=300)
    display_name = models.CharField(max_length=300, blank=True)
    model = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=states.CHOICES)

    # What the provider says: inputs of grade(), times, places
    provider_state = models.CharField(max_length=100, blank=True)
    reported = models.CharField(max_length=10, choices=states.CHOICES)
    requests_total = models.BigIntegerField(null=True)
    requests_succeeded = models.BigIntegerField(null=True)
    requests_failed = models.BigIntegerField(null=True)
    requests_pending = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    started_observed = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    error_code = models.IntegerField(null=True)
    error_message = models.TextField(blank=True)
    source = models.TextField(blank=True)
    destination = models.TextField(blank=True)
    output = models.TextField(blank=True)
    labels = models.JSONField(default=dict)

    # What we did and saw
    cancel_requested_at = models.DateTimeField(null=True)
    results_total = models.BigIntegerField(null=True)
    results_succeeded = models.BigIntegerField(null=True)
    results_failed = models.BigIntegerField(null=True)
    results_state = models.CharField(max_length=10, blank=True, db_default="")
    warning = models.CharField(max_length=20, blank=True, db_default="")
    cost = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    first_seen_at = models.DateTimeField()
    observed_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    gone_by = models.CharField(max_length=150, blank=True)
    gone_reason = models.CharField(max_length=200, blank=True)
    kept_at = models.DateTimeField(null=True)
    kept_by = models.CharField(max_length=150, blank=True, db_default="")
    raw_hash = models.BinaryField(max_length=16)

    # Keys to sort and search by: never null, so that keyset pages are closed (DESIGN 8)
    by_created = models.DateTimeField()
    by_ended = models.DateTimeField()
    by_requests = models.BigIntegerField()
    by_failed = models.IntegerField()
    by_duration = models.BigIntegerField()
    search_text = models.TextField(blank=True)
    search_prefix = models.CharField(max_length=32, blank=True)

    objects = BatchJobQuerySet.as_manager()

    class Meta:
        constraints = [
            # The name first, so that the same index tells whether any project has a job of that name.
            UniqueConstraint("name", "project", name="batchjob_once_per_project"),
            CheckConstraint(condition=Q(state__in=list(State)), name="batchjob_known_state"),
            CheckConstraint(condition=Q(reported__in=list(State)), name="batchjob_known_report"),
            CheckConstraint(condition=Q(by_duration__gte=-1), name="batchjob_duration_not_negative"),
        ]
        indexes = [
            Index("by_created", "id", name="job_created", condition=LISTED),
            Index("by_ended", "id", name="job_ended", condition=LISTED),
            Index("by_requests", "id", name="job_requests", condition=LISTED),
            Index("by_failed", "id", name="job_failed", condition=LISTED),
            Index("by_duration", "id", name="job_duration", condition=LISTED),
            Index("project", "by_created", "id", name="job_project_created", condition=LISTED),
            Index("state", "by_created", "id", name="job_state_created", condition=LISTED),
            # On PostgreSQL with the other keys beside: thousands are sorted by any of them without reading the rows
            Index(
                "model",
                "by_created",
                "id",
                include=[*SORTED[1:], "state", "project"],
                name="job_model_created",
                condition=LISTED,
            ),
            Index("project", "state", include=[*SORTED, "gone_at", "id"], name="job_project_state"),
            Index("id", name="job_results_new", condition=LISTED & Q(results_state="") & HAS_RESULTS),
            Index("results_state", "by_created", "id", name="job_results", condition=Q(results_state__gt="")),
            Index("expires_at", "id", name="job_results_expiry", condition=Q(results_state="waiting")),
            Index("by_created", "id", name="job_warned", condition=Q(warning__gt="")),
            Index("by_created", "id", name="job_kept", condition=Q(kept_at__isnull=False)),
            # Which jobs lived at some moment: ended after it, created before; by the index alone (jobs/timeline)
            Index("by_ended", "by_created", include=["id"], name="job_lifetime", condition=LISTED),
        ]

    def __str__(self) -> str:
        return self.display_name or self.name

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any) -> Self:
        """Django looks for each of 46 names in a list: for rows with deferred fields a sixth of their time."""
        return super().from_db(db, frozenset(field_names), values, **more)

    @property
    def counts(self) -> Counts:
        return Counts(self.requests_total, self.requests_succeeded, self.requests_failed, self.requests_pending)

    @property
    def short_id(self) -> str:
        """The last segment of the provider's name."""
        return self.name.rpartition("/")[2]

    @property
    def is_active(self) -> bool:
        return self.state in states.ACTIVE

    @property
    def seen_too_late(self) -> bool:
        """Whether the provider had dropped its results before it was first seen here."""
        return self.expires_at is not None and self.expires_at <= self.first_seen_at

    def as_of(self, project: Synced) -> datetime:
        """The last observation by its ``project`` that covered this row (DESIGN 5): it was right then."""
        if self.gone_at:
            return self.gone_at
        seen = [self.observed_at]
        covers = project.covered_since is not None and self.by_created >= project.covered_since
        seen += [project.last_full_at] if project.last_full_at else []
        seen += [project.last_success_at] if project.last_success_at and (covers or self.is_active) else []
        return max(seen)


class StateCount(models.Model):
    """How many listed jobs a project has of one model in one state; kept in the transaction of each change."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="state_counts")
    model = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=states.CHOICES)
    jobs = models.BigIntegerField(default=0)

    class Meta:
        constraints = [UniqueConstraint("project", "model", "state", name="statecount_once")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.model} {self.state}: {self.jobs}"
