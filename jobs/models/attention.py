"""What a person should look at, and what people did about it."""

from django.conf import settings
from django.db import models
from django.db.models import Index, Q, UniqueConstraint

from .job import BatchJob
from .operation import Operation
from .project import Project


class Attention(models.Model):
    """One thing to look at. ``kind`` and ``subject`` say what it is about; there is one row for both together.

    ``resolved_at`` is set by a person or by the cure; the same trouble coming again reopens the row.
    """

    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=300)
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="attention")
    job = models.ForeignKey(BatchJob, models.CASCADE, null=True, related_name="attention")
    operation = models.ForeignKey(Operation, models.CASCADE, null=True, related_name="attention")
    title = models.CharField(max_length=300)
    why = models.TextField(blank=True)
    todo = models.TextField(blank=True)
    jobs = models.PositiveIntegerField(default=1)
    since = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    snoozed_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [UniqueConstraint("kind", "subject", name="attention_once_per_subject")]
        indexes = [Index("project", "last_at", name="attention_open", condition=Q(resolved_at=None))]

    def __str__(self) -> str:
        return self.title


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


class SavedView(models.Model):
    """A named filter, of one person or shared with a project's members."""

    name = models.CharField(max_length=100)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    shared_with = models.ForeignKey(Project, models.CASCADE, null=True, related_name="saved_views")
    query = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [UniqueConstraint("owner", "name", name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name
