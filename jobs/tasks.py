"""Celery's doors: wake up, claim rows, one call. Messages are hints; a lost one costs a tick or a lease."""

import logging
from threading import BoundedSemaphore

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from jobs import counts, purge
from jobs.models import Project
from jobs.sync import sync_project as run_sync

log = logging.getLogger(__name__)

AT_ONCE = 500  # projects woken in one tick
HINT_SECONDS = 10  # a project is not hinted at again this soon

# Projects in trouble may hang until they time out; they never hold more than half of a worker's threads.
_for_troubled = BoundedSemaphore(max(settings.WORKER_THREADS // 2, 1))


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


@shared_task(name="jobs.tasks.recount")
def recount() -> None:
    for difference in counts.recount(Project.objects.values_list("pk", flat=True)):
        log.warning("recounted %s", difference)


@shared_task(name="jobs.tasks.purge_removed")
def purge_removed() -> None:
    purge.removed_projects()
