"""A project: one provider account, or cloud project + location, with one credential."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID, uuid4

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import CheckConstraint, F, OuterRef, Q, Subquery, UniqueConstraint, Value
from django.db.models.functions import Lower, Now

from jobs.credentials import Credential
from jobs.vault import fingerprint, seal, unseal

from .people import Role, User

no_slash = RegexValidator(r"^[^/\x00-\x1f\x7f]+$", "A project's name holds no “/” and no control characters.")

STEP_BACK = timedelta(hours=1)  # moments this far ahead were written before the clock was set back: they bind nobody


def _free(at: datetime) -> Q:
    return Q(leased_until=None) | Q(leased_until__lte=at) | Q(leased_until__gt=at + STEP_BACK)


class ArchiveMode(models.TextChoices):
    """When results are saved: as soon as a job finishes, when somebody asks, or never."""

    FINISH = "finish", "When a job finishes"
    DEMAND = "demand", "When somebody asks"
    OFF = "off", "Never"


class ProjectQuerySet(models.QuerySet["Project"]):
    def on_board(self) -> Self:
        return self.filter(removed_at=None)

    def visible_to(self, user: User) -> Self:
        """Projects this person may see; all of them for a superuser, none for a stranger."""
        return self.allowing(user, Role.VIEWER)

    def allowing(self, user: User, role: Role) -> Self:
        """Projects in which this person has at least ``role``."""
        board = self.on_board()
        if user.is_superuser and user.is_active:
            return board
        if not user.is_authenticated or not user.is_active:
            return board.none()
        return board.filter(pk__in=user.memberships.at_least(role).values("project"))

    def with_role_of(self, user: User) -> Self:
        """Each with ``role``, what this person is there; a superuser is admin everywhere."""
        if user.is_superuser:
            return self.annotate(role=Value(Role.ADMIN.value))
        return self.annotate(role=Subquery(user.memberships.filter(project=OuterRef("pk")).values("role")[:1]))

    def due(self, at: datetime) -> Self:
        """Projects whose sync should run now and that no worker holds."""
        due = Q(next_sync_at__lte=at) | Q(last_attempt_at__gt=at + STEP_BACK)
        return self.on_board().filter(_free(at), due, paused_at=None)

    def claim(self, at: datetime, lease: timedelta) -> UUID | None:
        """Take the one project of this queryset for ``lease``; the token to write with, or None if it is taken."""
        token = uuid4()
        taken = self.filter(_free(at)).update(leased_until=at + lease, lease_token=token)
        return token if taken == 1 else None

    def held_by(self, token: UUID) -> Self:
        """The project, if ``token`` still holds its lease. A later claim replaces the token."""
        return self.filter(lease_token=token)


class Project(models.Model):
    name = models.CharField(max_length=100, validators=[no_slash])
    provider = models.CharField(max_length=20)
    cloud_project = models.CharField(max_length=100, blank=True)
    location = models.CharField(max_length=50, blank=True)
    base_url = models.URLField(blank=True)
    storage_url = models.URLField(blank=True)
    bigquery_url = models.URLField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    paused_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    # How results and operations are handled here
    archive_mode = models.CharField(max_length=10, choices=ArchiveMode, default=ArchiveMode.FINISH)
    results_role = models.CharField(max_length=10, default=Role.VIEWER)
    approval_above = models.PositiveIntegerField(default=1000)

    # The credential, encrypted; its kind and fingerprint are not secret
    credential = models.TextField(editable=False, default="")
    credential_kind = models.CharField(max_length=20, editable=False, default="")
    credential_fingerprint = models.CharField(max_length=32, editable=False, default="")
    credential_set_at = models.DateTimeField(null=True)
    credential_proven = models.BooleanField(default=True)

    # The schedule and the lease (DESIGN 5)
    next_sync_at = models.DateTimeField(db_default=Now())
    full_sync_wanted = models.BooleanField(default=True)
    leased_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)

    # Health: what the last syncs saw
    last_attempt_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_full_at = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True)  # as last_full_at, but also when a brake kept it from marking jobs gone
    covered_since = models.DateTimeField(null=True)
    last_changed_at = models.DateTimeField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    clock_skew_seconds = models.FloatField(null=True)
    failures = models.PositiveIntegerField(default=0)
    error_kind = models.CharField(max_length=20, blank=True)
    error = models.TextField(blank=True)
    brake = models.CharField(max_length=20, blank=True)
    brake_released_at = models.DateTimeField(null=True)
    same_account_as = models.ForeignKey("self", models.SET_NULL, null=True, related_name="doubles")
    version = models.PositiveBigIntegerField(default=0)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name")]
        constraints = [
            UniqueConstraint(Lower("name"), condition=Q(removed_at=None), name="project_name_once"),
            UniqueConstraint(
                F("provider"),
                F("cloud_project"),
                F("location"),
                F("base_url"),
                condition=Q(removed_at=None) & ~Q(cloud_project=""),
                name="project_cloud_location_once",
            ),
            CheckConstraint(condition=~Q(name=""), name="project_has_name"),
            CheckConstraint(condition=~Q(name__contains="/"), name="project_name_without_slash"),
        ]

    def __str__(self) -> str:
        return self.name

    def allows(self, user: User, role: Role) -> bool:
        """Whether this person has at least ``role`` here."""
        return Project.objects.allowing(user, role).filter(pk=self.pk).exists()

    def set_credential(self, credential: Credential, *, at: datetime) -> None:
        """Keep ``credential`` encrypted; the caller saves."""
        self.credential = seal(credential)
        self.credential_kind = credential.kind
        self.credential_fingerprint = fingerprint(credential)
        self.credential_set_at = at

    def open_credential(self) -> Credential:
        """Raise CredentialUnreadable when the installation's keys do not fit."""
        return unseal(self.credential)
