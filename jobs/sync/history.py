"""What syncs leave behind of a job: state changes with their answers, and samples of its progress."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import zstandard
from django.db.models import Max, Min

from jobs import bulk
from jobs.models import Payload, ProgressSample, StateChange
from jobs.states import ACTIVE, Counts, State

from .rows import Observation, sample

CLOSEST = timedelta(seconds=10)  # between two samples of a young job
NOTHING = Counts()
KEPT = 200  # samples a job has after its first KEPT × CLOSEST; the gaps then grow with its age

Seen = tuple[int, Observation]  # a job's row id and what was seen of it


def write(seen: Sequence[Seen], *, at: datetime) -> None:
    """Keep the answers and, where state or counts changed, history."""
    squeeze = zstandard.ZstdCompressor(level=3).compress
    changed = [(job, one) for job, one in seen if one.state_changed]
    ids = _write_changes(changed, at)
    fresh = [(change, at, squeeze(one.body)) for change, (_, one) in zip(ids, changed, strict=True)]
    bulk.insert(Payload, ("change", "observed_at", "body"), fresh)
    same = [(job, one) for job, one in seen if not one.state_changed]
    latest = latest_changes([job for job, _ in same])
    bulk.update(Payload, ("observed_at", "body", "change"), [(at, squeeze(one.body), latest[job]) for job, one in same])
    _write_samples([(job, one) for job, one in seen if one.counts_changed], at)


def _write_changes(changed: Sequence[Seen], at: datetime) -> list[int]:
    """The ids of the rows written."""
    ids = bulk.reserve_ids(StateChange, len(changed))
    columns = ("id", "job", "at", "observed_at", "from_state", "to_state", "provider_state")
    rows = [_change_row(pk, job, one, at) for pk, (job, one) in zip(ids, changed, strict=True)]
    bulk.insert(StateChange, columns, rows)
    return ids


def _change_row(pk: int, job: int, one: Observation, at: datetime) -> tuple[object, ...]:
    before = one.known.state if one.known else ""
    return pk, job, happened_at(one, at), at, before, one.state.value, one.remote.provider_state


def happened_at(seen: Observation, at: datetime) -> datetime:
    """When the state of ``seen`` began, as far as the provider says; else when it was seen."""
    remote = seen.remote
    moments = {State.QUEUED: remote.created_at, State.RUNNING: seen.started_at}
    return moments.get(seen.state, remote.ended_at) or at


def latest_changes(jobs: Sequence[int]) -> dict[int, int]:
    """The id of the last state change of each job, to which its latest answer belongs."""
    if not jobs:
        return {}
    rows = StateChange.objects.filter(job__in=jobs).order_by().values_list("job").annotate(latest=Max("id"))
    return dict(rows)


def _write_samples(seen: Sequence[Seen], at: datetime) -> None:
    """A sample for each job that has counts and whose last one is old enough; the final counts always.

    A job that was already over when first seen has no progress to draw.
    """
    counted = [(job, one) for job, one in seen if one.remote.counts != NOTHING and (one.known or one.state in ACTIVE)]
    spans = _spans([job for job, one in counted if one.known])
    rows = [(job, at, *sample(one)) for job, one in counted if _is_due(spans.get(job), one, at)]
    bulk.insert(ProgressSample, ("job", "at", "succeeded", "failed", "pending"), rows)


def _spans(jobs: Sequence[int]) -> dict[int, tuple[datetime, datetime]]:
    """First and last sample of each job."""
    if not jobs:
        return {}
    rows = ProgressSample.objects.filter(job__in=jobs).order_by().values_list("job")
    return {job: (first, last) for job, first, last in rows.annotate(first=Min("at"), last=Max("at"))}


def _is_due(span: tuple[datetime, datetime] | None, seen: Observation, at: datetime) -> bool:
    if span is None or seen.state_changed:
        return span is None or span[1] < at
    first, last = span
    return at - last >= max(CLOSEST, (at - first) / KEPT)
