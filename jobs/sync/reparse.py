"""Stored answers read again by today's parser: what an update understands better, it shows of old jobs too."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from django.db import transaction
from django.db.models import Max

from jobs import bulk
from jobs.connections import kind_of
from jobs.models import BatchJob, Payload, Project
from jobs.providers.base import RemoteJob

from . import merge, tally
from .rows import OBSERVED, observe, values

KEPT = ("gone_at", "gone_by", "gone_reason")  # observations of absence, which no answer holds


def reparse(project: Project) -> int:
    """How many jobs read differently now. Times of observation stay as they were."""
    kind, changed = kind_of(project), 0
    payloads = _latest(project)
    while chunk := list(islice(payloads, merge.LARGEST)):
        with transaction.atomic():
            changed += _reparse(project, {pay.change.job_id: pay for pay in chunk}, kind.parse_job)
    return changed


def _latest(project: Project) -> Iterator[Payload]:
    latest = BatchJob.objects.filter(project=project).annotate(change=Max("changes")).values("change")
    return Payload.objects.filter(change__in=latest).select_related("change").order_by("change").iterator()


def _reparse(project: Project, payloads: dict[int, Payload], parse: Callable[[bytes], RemoteJob]) -> int:
    rows, seen = [], []
    for job in BatchJob.objects.filter(pk__in=payloads):
        payload = payloads[job.pk]
        remote = replace(parse(payload.raw), name=job.name)
        one = observe(remote, payload.raw, job, at=payload.observed_at)
        row = dict(zip(OBSERVED, values(one, first_seen=job.first_seen_at, at=job.observed_at), strict=True))
        row |= {name: getattr(job, name) for name in KEPT}
        if any(getattr(job, name) != value for name, value in row.items() if name != "raw_hash"):
            seen.append(one)
        rows.append((*row.values(), job.pk))
    bulk.update(BatchJob, (*OBSERVED, "id"), rows)
    tally.add(project, tally.of_observations(one for one in seen if one.known and one.known.gone_at is None))
    return len(seen)
