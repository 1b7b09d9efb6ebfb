"""What a person should look at, and what people did about it."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, Index, OuterRef, Q, UniqueConstraint

from .job import BatchJob
from .operation import Operation, Policy
from .people import User
from .project import Project


class AttentionQuerySet(models.QuerySet["Attention"]):
    def visible_to(self, user: User) -> Self:
        """What concerns a project this person may see; else a job or operation they see, or a policy of theirs."""
        if user.is_superuser and user.is_active:
            return self.filter(Q(project=None) | Q(project__removed_at=None))
        projects = list(Project.objects.visible_to(user).values_list("pk", flat=True))
        mine = AttentionJob.objects.filter(attention=OuterRef("pk"), job__project__in=projects)
        shared = Q(project=None) & (Exists(mine) | Q(operation__in=Operation.objects.within(projects)))
        theirs = Policy.objects.subjects_of(user)
        return self.filter(Q(project__in=projects) | shared | Q(subject__in=theirs))

    def open_for(self, user: User, at: datetime) -> tuple[int, int]:
        """How many ask this person for a look, and how many of them are questions of their own policies."""
        theirs = Q(project=None, subject__in=Policy.objects.subjects_of(user))
        found = self.visible_to(user).open(at).aggregate(all=Count("pk"), theirs=Count("pk", filter=theirs))
        return found["all"], found["theirs"]

    def unresolved(self) -> Self:
        return self.filter(resolved_at=None)

    def open(self, at: datetime) -> Self:
        """What asks for a look now: neither resolved nor snoozed."""
        return self.unresolved().filter(Q(snoozed_until=None) | Q(snoozed_until__lte=at))

    def snoozed(self, at: datetime) -> Self:
        return self.unresolved().filter(snoozed_until__gt=at)

    def resolved(self) -> Self:
        return self.filter(resolved_at__isnull=False)


class Attention(models.Model):
    """One thing to look at. ``kind`` and ``subject`` say what it is about; there is one row for both together.

    ``since`` is when the trouble began, ``last_at`` when something new of it happened, ``times`` how often it came.
    ``resolved_at`` is set by a person or by the cure, ``cured_at`` by the cure alone: what a person resolved may go on.
    """

    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=300)
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="attention")
    job = models.ForeignKey(BatchJob, models.CASCADE, null=True, related_name="attention")
    operation = models.ForeignKey(Operation, models.CASCADE, null=True, related_name="attention")
    model = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=300)
    why = models.TextField(blank=True)
    todo = models.TextField(blank=True)
    jobs = models.PositiveIntegerField(default=1)
    since = models.DateTimeField()
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    snoozed_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=150, blank=True)
    cured_at = models.DateTimeField(null=True)

    objects = AttentionQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [UniqueConstraint("kind", "subject", name="attention_once_per_subject")]
        indexes = [
            Index("last_at", "id", name="attention_open", condition=Q(resolved_at=None)),
            Index("resolved_at", "id", name="attention_resolved", condition=Q(resolved_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.title


class AttentionJobQuerySet(models.QuerySet["AttentionJob"]):
    def current(self) -> Self:
        """Those that joined since the attention was last opened."""
        return self.filter(at__gte=F("attention__opened_at"))


class AttentionJob(models.Model):
    """A job that has the trouble. One that a person has seen to stays known, so that it is no news again."""

    attention = models.ForeignKey(Attention, models.CASCADE, related_name="members", db_index=False)
    job = models.ForeignKey(BatchJob, models.CASCADE, related_name="troubles")
    at = models.DateTimeField()

    objects = AttentionJobQuerySet.as_manager()

    class Meta:
        constraints = [UniqueConstraint("attention", "job", name="attention_job_once")]

    def __str__(self) -> str:
        return f"{self.attention_id}: {self.job_id}"


class AttentionNote(models.Model):
    """One line of an attention's story: a comment or what somebody did."""

    attention = models.ForeignKey(Attention, models.CASCADE, related_name="notes")
    at = models.DateTimeField()
    author = models.CharField(max_length=150)
    verb = models.CharField(max_length=20)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.author} {self.verb}"
