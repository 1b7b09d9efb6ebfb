"""Telling open pages that an operation moved on: the signal that pages of jobs follow, for no job in particular."""

from functools import partial

from django.db import transaction

from jobs import stale
from jobs.models import OperationProject, Project


def tell(*operations: int, project: int | None = None) -> None:
    """Announce to all projects concerned, or to the one in which it moved on, after the commit."""
    concerned = OperationProject.objects.filter(operation__in=operations)
    if project is not None:
        concerned = concerned.filter(project=project)
    heard = Project.objects.on_board().filter(pk__in=concerned.values("project"))
    for pk, version in heard.values_list("pk", "version"):
        transaction.on_commit(partial(stale.announce, pk, [], version=version))
