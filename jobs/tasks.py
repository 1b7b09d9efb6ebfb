"""Celery's doors: wake up, claim rows, one call. Messages are hints; a lost one costs a tick or a lease."""

import logging
from contextlib import ExitStack
from threading import BoundedSemaphore

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from jobs import counts, operations, policy_runs, price_list, purge, radar, reconcile
from jobs.models import Project
from jobs.results import exports, saving, storing, trouble, wanting
from jobs.sync import sync_project as run_sync

log = logging.getLogger(__name__)

AT_ONCE = 500  # projects woken in one tick
LOOK_SECONDS = 50  # no two looks round sooner after each other
HINT_SECONDS = 10  # a project is not hinted at again this soon
TURN_SECONDS = 30.0  # an operation works on a project, and archives are saved, before others have their turn

# An archive takes a thread for minutes; half of them at least stay for syncs.
_for_archives = BoundedSemaphore(min(settings.RESULTS_AT_ONCE, max(settings.WORKER_THREADS // 2, 1)))
# Projects in trouble may hang until they time out; they never hold more than half of a worker's threads.
_for_troubled = BoundedSemaphore(max(settings.WORKER_THREADS // 2, 1))

# Nor do operations: however many jobs they act on, syncs go on.
_for_operations = BoundedSemaphore(max(settings.WORKER_THREADS // 2, 1))

_for_exports = BoundedSemaphore(1)


@shared_task(name="jobs.tasks.wake")
def wake() -> None:
    """Hint at all that is due, by one message a second: a message costs more than to look.

    Where looking for one thing fails, the others are looked for all the same.
    """
    with ExitStack() as looks:
        for look in (wake_exports, wake_results, wake_operations, wake_due_projects):
            looks.callback(look)


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


@shared_task(name="jobs.tasks.run_policies")
def run_policies() -> None:
    for operation in policy_runs.run_due(timezone.now()):
        log.info("policy runs operation=%s jobs=%s", operation.pk, operation.items_to_do)


@shared_task(name="jobs.tasks.look_for_drift")
def look_for_drift() -> None:
    reconcile.look(timezone.now())


def wake_results() -> None:
    """Find finished jobs with results, and hint at those to save now, first what expires first."""
    at = timezone.now()
    wanting.notice(at)
    for pk in wanting.next_due(at, 2 * settings.RESULTS_AT_ONCE):
        if cache.add(f"archive-hint:{pk}", 1, HINT_SECONDS):
            save_results.apply_async(kwargs={"archive_id": pk}, expires=60)


@shared_task(name="jobs.tasks.save_results")
def save_results(*, archive_id: int) -> None:
    """This one, then what is due beside it; a worker writes few at once, so that syncs find a free thread."""
    if not _for_archives.acquire(blocking=False):
        return  # still due, so a later tick hints at it again
    try:
        saving.save(archive_id, now=timezone.now)
        saving.save_some(now=timezone.now, seconds=TURN_SECONDS)
    finally:
        cache.delete(f"archive-hint:{archive_id}")
        _for_archives.release()


@shared_task(name="jobs.tasks.guard_results")
def guard_results() -> None:
    """What expires soon is said; what nobody had wanted yet is."""
    at = timezone.now()
    wanting.want_left(at)
    trouble.guard(at)


@shared_task(name="jobs.tasks.sweep_results")
def sweep_results() -> None:
    if swept := storing.sweep(timezone.now()):
        log.warning("swept %s files that belonged to no archive", swept)


def wake_exports() -> None:
    for pk in exports.due(timezone.now()):
        if cache.add(f"export-hint:{pk}", 1, HINT_SECONDS):
            make_export.apply_async(kwargs={"export_id": pk}, expires=60)


@shared_task(name="jobs.tasks.make_export")
def make_export(*, export_id: int) -> None:
    """One at a time in a worker: each takes memory of its own."""
    if not _for_exports.acquire(blocking=False):
        return  # still due, so a later tick hints at it again
    try:
        exports.make(export_id, now=timezone.now)
    finally:
        cache.delete(f"export-hint:{export_id}")
        _for_exports.release()


@shared_task(name="jobs.tasks.reckon_costs")
def reckon_costs() -> None:
    price_list.reckon(timezone.now())


@shared_task(name="jobs.tasks.recount")
def recount() -> None:
    for difference in counts.recount(Project.objects.values_list("pk", flat=True)):
        log.warning("recounted %s", difference)


@shared_task(name="jobs.tasks.purge_removed")
def purge_removed() -> None:
    purge.removed_projects()
    operations.purge(timezone.now())


@shared_task(name="jobs.tasks.look_round")
def look_round() -> None:
    """A second one of the same minute would only say the same again."""
    if cache.add("look-round", 1, LOOK_SECONDS):
        radar.look_round(timezone.now())
