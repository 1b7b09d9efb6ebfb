"""Filters that people keep under a name."""

from typing import Self

from django.db import models
from django.db.models import Q, UniqueConstraint

from .people import Role, User
from .project import Project


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> Self:
        """A person's own, and those shared with a project they may see."""
        return self.filter(Q(owner=user) | Q(shared_with__in=Project.objects.visible_to(user)))

    def changeable_by(self, user: User) -> Self:
        """A person's own, and those shared with a project they manage."""
        return self.filter(Q(owner=user) | Q(shared_with__in=Project.objects.allowing(user, Role.ADMIN)))


class SavedView(models.Model):
    """A named filter, of one person or shared with a project's members."""

    name = models.CharField(max_length=100)
    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    shared_with = models.ForeignKey(Project, models.CASCADE, null=True, related_name="saved_views")
    query = models.TextField(blank=True)
    created_at = models.DateTimeField()

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [UniqueConstraint("owner", "name", name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name
