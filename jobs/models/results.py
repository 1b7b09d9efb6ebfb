"""Our saved copies of results, files made from them, and what tokens cost (DESIGN 7)."""

from datetime import date, datetime, timedelta
from typing import Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from .job import BatchJob


class ArchiveStatus(models.TextChoices):
    """``lost``: the results were gone before they were saved. ``refused``: a person must do something first."""

    WAITING = "waiting", "Waiting"
    SAVING = "saving", "Saving"
    SAVED = "saved", "Saved"
    REFUSED = "refused", "Refused"
    LOST = "lost", "Lost"


class ArchiveQuerySet(models.QuerySet["Archive"]):
    def due(self, at: datetime) -> Self:
        """What may be saved now, first what expires first."""
        free = Q(leased_until=None) | Q(leased_until__lte=at)
        waiting = self.filter(free, status__in=(ArchiveStatus.WAITING, ArchiveStatus.SAVING), next_attempt_at__lte=at)
        return waiting.order_by(F("expires_at").asc(nulls_last=True), "wanted_at", "pk")

    def unsaved(self) -> Self:
        """Due or not, what nobody refused."""
        return self.filter(status__in=(ArchiveStatus.WAITING, ArchiveStatus.SAVING))

    def saved(self) -> Self:
        return self.filter(status=ArchiveStatus.SAVED)

    def claim(self, at: datetime, lease: timedelta) -> UUID | None:
        """Take the one archive of this queryset for ``lease``; the token to write with, or None if it is taken."""
        token = uuid4()
        free = self.filter(Q(leased_until=None) | Q(leased_until__lte=at))
        taken = free.update(
            status=ArchiveStatus.SAVING, leased_until=at + lease, lease_token=token, attempts=F("attempts") + 1
        )
        return token if taken == 1 else None


class Archive(models.Model):
    """The exact bytes of one job's results, or how far saving them is. Every non-blank line has one class."""

    job = models.OneToOneField(BatchJob, models.CASCADE, related_name="archive")
    status = models.CharField(max_length=10, choices=ArchiveStatus, default=ArchiveStatus.WAITING)
    wanted_at = models.DateTimeField()
    wanted_by = models.CharField(max_length=150, blank=True)
    expires_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    error_kind = models.CharField(max_length=20, blank=True)
    error = models.TextField(blank=True)

    # What was saved. ``parts``: name, size and sha256 of each file the provider had, in their order
    saved_at = models.DateTimeField(null=True)
    file = models.CharField(max_length=300, blank=True)
    index_file = models.CharField(max_length=300, blank=True)
    size = models.BigIntegerField(null=True)
    stored_size = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    parts = models.JSONField(default=list)
    note = models.TextField(blank=True)

    # What is in it
    lines = models.BigIntegerField(null=True)
    ok = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    truncated = models.BigIntegerField(default=0)
    blocked = models.BigIntegerField(default=0)
    empty = models.BigIntegerField(default=0)
    broken = models.BigIntegerField(default=0)
    invalid_json = models.BigIntegerField(default=0)
    missing_key = models.BigIntegerField(default=0)
    duplicate_keys = models.BigIntegerField(default=0)
    prompt_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cached_tokens = models.BigIntegerField(default=0)

    # The requests, where a person attached them
    input_file = models.CharField(max_length=300, blank=True)
    input_index = models.CharField(max_length=300, blank=True)
    input_size = models.BigIntegerField(null=True)
    input_lines = models.BigIntegerField(null=True)

    objects = ArchiveQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(status__in=ArchiveStatus.values), name="archive_known_status"),
            CheckConstraint(
                condition=~Q(status=ArchiveStatus.SAVED)
                | Q(saved_at__isnull=False, size__isnull=False) & ~Q(file="") & ~Q(sha256=""),
                name="archive_saved_is_whole",
            ),
        ]
        indexes = [
            Index(
                "expires_at",
                "wanted_at",
                name="archive_due",
                condition=Q(status__in=(ArchiveStatus.WAITING, ArchiveStatus.SAVING)),
            )
        ]

    def __str__(self) -> str:
        return f"results of {self.job_id}: {self.status}"


class Export(models.Model):
    """A file a worker makes from an archive, such as Parquet; offered when ready."""

    archive = models.ForeignKey(Archive, models.CASCADE, related_name="exports")
    format = models.CharField(max_length=20)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    leased_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    file = models.CharField(max_length=300, blank=True)
    size = models.BigIntegerField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [UniqueConstraint("archive", "format", name="export_once_per_format")]

    def __str__(self) -> str:
        return f"{self.format} of {self.archive_id}"


class Price(models.Model):
    """USD per million tokens of one model from a day on, before the batch discount; thoughts count as output."""

    model = models.CharField(max_length=200)
    starts_on = models.DateField(default=date(2024, 1, 1))
    input = models.DecimalField(max_digits=16, decimal_places=6)
    output = models.DecimalField(max_digits=16, decimal_places=6)
    cached = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    batch_discount = models.DecimalField(max_digits=4, decimal_places=3, default=0)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["model", "-starts_on"]
        constraints = [
            UniqueConstraint("model", "starts_on", name="price_once_per_day"),
            CheckConstraint(condition=Q(input__gte=0, output__gte=0), name="price_not_negative"),
            CheckConstraint(condition=Q(batch_discount__gte=0, batch_discount__lte=1), name="price_discount_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.model} from {self.starts_on}"
