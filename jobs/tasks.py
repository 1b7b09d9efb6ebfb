"""Celery's doors: wake up, claim rows, one call. Messages are hints; a lost one costs a tick or a lease."""

import logging
from threading import BoundedSemaphore

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from jobs import counts, operations, purge
from jobs.models import Project
from jobs.sync import sync_project as run_sync

log = logging.getLogger(__name__)

AT_ONCE = 500  # projects woken in one tick
HINT_SECONDS = 10  # a project is not hinted at again this soon
TURN_SECONDS = 30.0  # an operation works on a project before others have their turn

# Projects in trouble may hang until they time out; they never hold more than half of a worker's threads.
_for_troubled = BoundedSemaphore(max(settings.WORKER_THREADS // 2, 1))

# Nor do operations: however many jobs they act on, syncs go on.
_for_operations = BoundedSemaphore(max(settings.WORKER_THREADS // 2, 1))


@shared_task(name="jobs.tasks.wake_due_projects")
def wake_due_projects() -> None:
    due = Project.objects.due(timezone.now()).order_by("next_sync_at")
    for pk, failures in due.values_list("pk", "failures")[:AT_ONCE]:
        if cache.add(f"sync-hint:{pk}", 1, HINT_SECONDS):
            sync_project.apply_async(kwargs={"project_id": pk, "troubled": failures > 0}, expires=60)


@shared_task(name="jobs.tasks.sync_project")
def sync_project(*, project_id: int, troubled: bool = False) -> None:
    """Of the several hints that a long queue may hold, the first one syncs; the others find nothing due."""
    if troubled and not _for_troubled.acquire(blocking=False):
        return  # still due, so a later tick hints at it again
    try:
        run_sync(project_id, now=timezone.now, if_due=True)
    finally:
        cache.delete(f"sync-hint:{project_id}")
        if troubled:
            _for_troubled.release()


@shared_task(name="jobs.tasks.wake_operations")
def wake_operations() -> None:
    for operation, project in operations.tick(timezone.now()):
        if cache.add(f"operation-hint:{operation}:{project}", 1, min(settings.OPERATION_LEASE_SECONDS, HINT_SECONDS)):
            run_operation.apply_async(kwargs={"operation_id": operation, "project_id": project}, expires=60)


@shared_task(name="jobs.tasks.run_operation")
def run_operation(*, operation_id: int, project_id: int) -> None:
    """Two of them share the work: each claims items of its own."""
    if not _for_operations.acquire(blocking=False):
        return  # still due, so a later tick hints at it again
    try:
        operations.run(operation_id, project_id, now=timezone.now, seconds=TURN_SECONDS)
    finally:
        cache.delete(f"operation-hint:{operation_id}:{project_id}")
        _for_operations.release()


@shared_task(name="jobs.tasks.recount")
def recount() -> None:
    for difference in counts.recount(Project.objects.values_list("pk", flat=True)):
        log.warning("recounted %s", difference)


@shared_task(name="jobs.tasks.purge_removed")
def purge_removed() -> None:
    purge.removed_projects()
