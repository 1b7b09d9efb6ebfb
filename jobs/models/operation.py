"""Operations: a frozen plan of what to do to which jobs, how far it is, and its receipt; policies that make them."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Exists, Index, OuterRef, Q, UniqueConstraint, Value
from django.db.models.functions import Cast, Concat

from jobs import states
from jobs.wording import many

from .job import BatchJob
from .people import User
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


class Step(models.TextChoices):
    """What an item has asked for and waits to see done; "" before its first call."""

    CANCEL = "cancel", "Waits to see it ended"
    ARCHIVE = "archive", "Waits for its results"
    DELETE = "delete", "Waits to see it gone"


ENDED = (
    OperationStatus.DONE,
    OperationStatus.STOPPED,
    OperationStatus.UNDONE,
    OperationStatus.DISCARDED,
    OperationStatus.LAPSED,
)


class PolicyQuerySet(models.QuerySet["Policy"]):
    def subjects_of(self, owner: User) -> "models.QuerySet[Policy, Any]":
        """What attention calls the policies of ``owner``."""
        named = Concat(Value("policy/"), Cast("pk", models.CharField()))
        return self.filter(owner=owner).order_by().values_list(named, flat=True)


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

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            UniqueConstraint("name", name="policy_name_once"),
            CheckConstraint(condition=Q(hour__lt=24), name="policy_hour_of_a_day"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """What attention calls it."""
        return f"policy/{self.pk}"


class OperationQuerySet(models.QuerySet["Operation"]):
    def visible_to(self, user: User) -> Self:
        """Operations of which this person may see every project concerned; for others they do not exist."""
        if user.is_superuser and user.is_active:
            return self
        return self.within(list(Project.objects.visible_to(user).values_list("pk", flat=True)))

    def within(self, projects: list[int]) -> Self:
        """Operations that concern none but these projects (ids)."""
        concerned = OperationProject.objects.filter(operation=OuterRef("pk"))
        return self.filter(Exists(concerned), ~Exists(concerned.exclude(project__in=projects)))

    def open(self) -> Self:
        return self.exclude(status__in=ENDED)

    def to_start(self, at: datetime) -> Self:
        """Confirmed, and the undo window is over."""
        return self.filter(status=OperationStatus.CONFIRMED, run_after__lte=at)

    def running(self) -> Self:
        return self.filter(status=OperationStatus.RUNNING)


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
    archive_first = models.BooleanField(default=True)
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
    version = models.PositiveBigIntegerField(default=0)

    # Numbers of jobs. ``pinned`` and ``missing`` (no longer on the board) were selected, but are not in the plan
    items_total = models.PositiveIntegerField(default=0)
    items_to_do = models.PositiveIntegerField(default=0)
    pinned = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)

    # Of those to do, how many ended, and how
    items_ended = models.PositiveIntegerField(default=0)
    items_done = models.PositiveIntegerField(default=0)
    items_already = models.PositiveIntegerField(default=0)
    items_skipped = models.PositiveIntegerField(default=0)
    items_refused = models.PositiveIntegerField(default=0)
    items_failed = models.PositiveIntegerField(default=0)
    items_stopped = models.PositiveIntegerField(default=0)

    objects = OperationQuerySet.as_manager()

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
        return f"{self.get_action_display()} {many(self.items_to_do, 'job')}"


class OperationProject(models.Model):
    """A project that an operation concerns. ``account`` is a mark of its account and credential when it was planned."""

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="projects", db_index=False)
    project = models.ForeignKey(Project, models.SET_NULL, null=True, related_name="+")
    project_name = models.CharField(max_length=100)
    account = models.CharField(max_length=64)
    items_to_do = models.PositiveIntegerField(default=0)
    rest_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["project_name"]
        constraints = [UniqueConstraint("operation", "project", name="project_once_per_operation")]

    def __str__(self) -> str:
        return f"{self.operation_id}: {self.project_name}"


class OperationItemQuerySet(models.QuerySet["OperationItem"]):
    def unended(self) -> Self:
        return self.filter(outcome="")

    def due(self, at: datetime) -> Self:
        """Not ended, nobody's at the moment, and not to be left alone for a while."""
        free = Q(leased_until=None) | Q(leased_until__lte=at)
        return self.unended().filter(free, Q(next_attempt_at=None) | Q(next_attempt_at__lte=at))

    def of_job(self, job: BatchJob, user: User) -> Self:
        """What operations that were confirmed, and that this person may see, did or do to a job; newest first."""
        seen = Operation.objects.visible_to(user).filter(confirmed_at__isnull=False)
        found = self.filter(job=job, operation__in=seen.order_by().values("pk"))
        return found.select_related("operation").order_by("-operation_id")


class OperationItem(models.Model):
    """One job of an operation: the plan's verdict, what was intended before each call, and the outcome.

    ``intent`` is written before a call that changes something; an item found with one is first read from the provider.
    From ``started_at`` to its end an item has its job for itself. ``attempts`` counts calls sent that change something.
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
    stays = models.CharField(max_length=100, blank=True)
    lost = models.CharField(max_length=100, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    detail = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    step = models.CharField(max_length=10, choices=Step, blank=True)
    step_at = models.DateTimeField(null=True)
    ticket = models.CharField(max_length=300, blank=True)
    intent = models.CharField(max_length=20, blank=True)
    intent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = OperationItemQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            UniqueConstraint("operation", "job", name="item_once_per_operation"),
            UniqueConstraint(
                fields=["job"],
                condition=Q(started_at__isnull=False, outcome=""),
                name="item_alone_at_its_job",
            ),
            CheckConstraint(condition=Q(verdict__in=Verdict.values), name="item_known_verdict"),
        ]
        indexes = [
            Index("operation", "id", name="item_of_operation"),
            Index("operation", "project", "id", name="item_open", condition=Q(outcome="")),
        ]

    def __str__(self) -> str:
        return f"{self.operation_id}: {self.job_name}"
