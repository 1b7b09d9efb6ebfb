"""Who may see and do what: people, and their role in each project."""

from enum import StrEnum
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint


class Role(StrEnum):
    """What a member may do, each including the one before: see; act on jobs; manage the project."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


class User(AbstractUser):
    """A person who signs in. ``is_superuser`` sees and manages everything; e-mail is optional.

    ``single_keys``: whether keys pressed alone are shortcuts, which some voice and switch input sets off by chance.
    """

    time_zone = models.CharField(max_length=50, blank=True)
    columns = models.JSONField(default=list, blank=True)
    rows_per_page = models.PositiveSmallIntegerField(default=50)
    single_keys = models.BooleanField(default=True, db_default=True)

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class MembershipQuerySet(models.QuerySet["Membership"]):
    def at_least(self, role: Role) -> Self:
        return self.filter(role__in=[other.value for other in Role if other.includes(role)])


class Membership(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    project = models.ForeignKey("jobs.Project", models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(role.value, role.value.capitalize()) for role in Role])

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint("user", "project", name="membership_once_per_project"),
            CheckConstraint(condition=Q(role__in=[role.value for role in Role]), name="membership_known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} of {self.project_id}"
