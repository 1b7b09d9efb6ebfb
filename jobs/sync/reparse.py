"""Stored answers read again by today's parser: what an update understands better, it shows of old jobs too."""

from collections.abc import Callable
from dataclasses import replace

from django.db import transaction
from django.db.models import F

from jobs import bulk
from jobs.connections import kind_of
from jobs.models import BatchJob, Payload, Project
from jobs.providers.base import RemoteJob

from . import history, merge, tally
from .rows import OBSERVED, Observation, observe, values

KEPT = ("gone_at", "gone_by", "gone_reason")  # observations of absence, which no answer holds


def reparse(project: Project) -> int:
    """How many jobs read differently now. Times of observation stay as they were."""
    parse, changed, last = kind_of(project).parse_job, 0, 0
    while ids := _next_ids(project, last):
        with transaction.atomic():
            changed += _reparse(project, ids, parse)
        last = ids[-1]
    return changed


def _next_ids(project: Project, last: int) -> list[int]:
    ids = project.jobs.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
    return list(ids[: merge.LARGEST])


def _reparse(project: Project, ids: list[int], parse: Callable[[bytes], RemoteJob]) -> int:
    """Answers and rows as they are now, locked: a sync may run beside this, and the newer answer must stand."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # first, as a sync does
    jobs = {job.pk: job for job in project.jobs.select_for_update().filter(pk__in=ids)}
    answers = Payload.objects.filter(change__in=history.latest_changes(ids).values()).select_related("change")
    read = [_read(jobs[answer.change.job_id], answer, parse) for answer in answers if answer.change.job_id in jobs]
    bulk.update(BatchJob, (*OBSERVED, "id"), [row for _, row, _ in read])
    different = [one for one, _, differs in read if differs]
    tally.add(project, tally.of_observations(one for one in different if one.known and one.known.gone_at is None))
    if different:
        Project.objects.filter(pk=project.pk).update(version=F("version") + 1)
    return len(different)


def _read(
    job: BatchJob, answer: Payload, parse: Callable[[bytes], RemoteJob]
) -> tuple[Observation, tuple[object, ...], bool]:
    """What the answer says today, the row to write, and whether it differs from the present one."""
    one = observe(replace(parse(answer.raw), name=job.name), answer.raw, job, at=answer.observed_at)
    row = dict(zip(OBSERVED, values(one, first_seen=job.first_seen_at, at=job.observed_at), strict=True))
    row |= {name: getattr(job, name) for name in KEPT}
    differs = any(getattr(job, name) != value for name, value in row.items() if name != "raw_hash")
    return one, (*row.values(), job.pk), differs
