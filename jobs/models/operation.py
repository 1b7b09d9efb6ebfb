"""Operations: a frozen plan of what to do to which jobs, how far it is, and its receipt; policies that make them."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from jobs import states

from .job import BatchJob
from .project import Project


class Action(models.TextChoices):
    """``forget`` removes from the board a row whose job is gone at the provider."""

    CANCEL = "cancel", "Cancel"
    DELETE = "delete", "Delete"
    ARCHIVE = "archive", "Archive"
    FORGET = "forget", "Remove from board"


class OperationStatus(models.TextChoices):
    """``waiting`` for a second person; ``confirmed``: the undo window is open until ``run_after``."""

    PLANNED = "planned", "Planned"
    WAITING = "waiting", "Waiting for approval"
    CONFIRMED = "confirmed", "Confirmed"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"
    UNDONE = "undone", "Undone"
    DISCARDED = "discarded", "Discarded"
    LAPSED = "lapsed", "Lapsed"


class Verdict(models.TextChoices):
    """What the plan says of one job."""

    DO = "do", "Do"
    ARCHIVE_FIRST = "archive_first", "Archive first"
    SKIP = "skip", "Skip"
    REFUSE = "refuse", "Refuse"


class Outcome(models.TextChoices):
    """How an item ended; "" while it has not. ``already``: what was wanted was so before we came."""

    DONE = "done", "Done"
    ALREADY = "already", "Already so"
    SKIPPED = "skipped", "Skipped"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"


class Policy(models.Model):
    """A saved filter, an age and an action, run on a schedule once a rehearsal was seen and it is switched on."""

    name = models.CharField(max_length=100)
    filter = models.TextField()
    action = models.CharField(max_length=10, choices=Action)
    older_than_days = models.PositiveIntegerField()
    archive_first = models.BooleanField(default=True)
    hour = models.PositiveSmallIntegerField(default=3)
    weekday = models.PositiveSmallIntegerField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    rehearsed_at = models.DateTimeField(null=True)
    rehearsal = models.JSONField(default=dict)
    enabled_at = models.DateTimeField(null=True)
    next_run_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    asks = models.TextField(blank=True)
    usual = models.FloatField(null=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            UniqueConstraint("name", name="policy_name_once"),
            CheckConstraint(condition=Q(hour__lt=24), name="policy_hour_of_a_day"),
        ]

    def __str__(self) -> str:
        return self.name


class Operation(models.Model):
    """One cancel, delete, archive or forget of one or many jobs. Its manifest never grows once it is planned."""

    action = models.CharField(max_length=10, choices=Action)
    status = models.CharField(max_length=10, choices=OperationStatus, default=OperationStatus.PLANNED)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=150)
    address = models.CharField(max_length=45, blank=True)
    policy = models.ForeignKey(Policy, models.SET_NULL, null=True, related_name="operations")
    reason = models.TextField(blank=True)
    selection = models.TextField(blank=True)
    filter = models.TextField(blank=True)
    planned_at = models.DateTimeField()
    approval_needed = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    run_after = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    stop_requested_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    items_total = models.PositiveIntegerField(default=0)
    items_to_do = models.PositiveIntegerField(default=0)
    items_ended = models.PositiveIntegerField(default=0)
    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-planned_at", "-id"]
        constraints = [
            CheckConstraint(condition=Q(status__in=OperationStatus.values), name="operation_known_status"),
            CheckConstraint(condition=Q(action__in=Action.values), name="operation_known_action"),
        ]
        indexes = [
            Index("run_after", name="operation_live", condition=Q(status__in=("confirmed", "running"))),
            Index("planned_at", "id", name="operation_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.items_to_do:,} jobs"


class OperationItem(models.Model):
    """One job of an operation: the plan's verdict, what was intended before each call, and the outcome.

    ``intent`` is written before a call that changes something; an item found with one is first read from the provider.
    """

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="items", db_index=False)
    job = models.ForeignKey(BatchJob, models.SET_NULL, null=True, related_name="items")
    project = models.ForeignKey(Project, models.SET_NULL, null=True, related_name="+", db_index=False)
    job_name = models.CharField(max_length=300)
    job_label = models.CharField(max_length=300, blank=True)
    project_name = models.CharField(max_length=100)
    state_before = models.CharField(max_length=10, choices=states.CHOICES)
    verdict = models.CharField(max_length=15, choices=Verdict)
    verdict_reason = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    detail = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    intent = models.CharField(max_length=20, blank=True)
    intent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            UniqueConstraint("operation", "job", name="item_once_per_operation"),
            CheckConstraint(condition=Q(verdict__in=Verdict.values), name="item_known_verdict"),
        ]
        indexes = [
            Index("operation", "id", name="item_of_operation"),
            Index("operation", "project", "id", name="item_open", condition=Q(outcome="")),
        ]

    def __str__(self) -> str:
        return f"{self.operation_id}: {self.job_name}"
