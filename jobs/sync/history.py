"""What syncs leave behind of a job: state changes with their answers, and samples of its progress."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import zstandard
from django.db.models import Max, Min

from jobs import bulk
from jobs.models import Payload, ProgressSample, StateChange
from jobs.states import State

from .rows import Observation, sample

CLOSEST = timedelta(seconds=10)  # between two samples of a young job
KEPT = 200  # samples a job has after its first KEPT × CLOSEST; the gaps then grow with its age

Seen = tuple[int, Observation]  # a job's row id and what was seen of it


def write(seen: Sequence[Seen], *, at: datetime) -> None:
    """Keep the answers and, where state or counts changed, history."""
    changed = [(job, one) for job, one in seen if one.state_changed]
    _write_changes(changed, at)
    latest = _latest_changes([job for job, _ in seen])
    squeeze = zstandard.ZstdCompressor(level=3).compress
    fresh = [(latest[job], at, squeeze(one.body)) for job, one in changed]
    bulk.insert(Payload, ("change", "observed_at", "body"), fresh)
    same = [(at, squeeze(one.body), latest[job]) for job, one in seen if not one.state_changed]
    bulk.update(Payload, ("observed_at", "body", "change"), same)
    _write_samples([(job, one) for job, one in seen if one.counts_changed], at)


def _write_changes(changed: Iterable[Seen], at: datetime) -> None:
    columns = ("job", "at", "observed_at", "from_state", "to_state", "provider_state")
    rows = [
        (
            job,
            happened_at(one, at),
            at,
            one.known.state if one.known else "",
            one.state.value,
            one.remote.provider_state,
        )
        for job, one in changed
    ]
    bulk.insert(StateChange, columns, rows)


def happened_at(seen: Observation, at: datetime) -> datetime:
    """When the state of ``seen`` began, as far as the provider says; else when it was seen."""
    remote = seen.remote
    moments = {State.QUEUED: remote.created_at, State.RUNNING: seen.started_at}
    return moments.get(seen.state, remote.ended_at) or at


def _latest_changes(jobs: Sequence[int]) -> dict[int, int]:
    rows = StateChange.objects.filter(job__in=jobs).order_by().values_list("job").annotate(latest=Max("id"))
    return dict(rows)


def _write_samples(seen: Sequence[Seen], at: datetime) -> None:
    """A sample for each job that has counts and whose last one is old enough; the final counts always."""
    counted = [(job, one) for job, one in seen if one.remote.counts != type(one.remote.counts)()]
    spans = _spans([job for job, one in counted if one.known])
    rows = [(job, at, *sample(one)) for job, one in counted if _is_due(spans.get(job), one, at)]
    bulk.insert(ProgressSample, ("job", "at", "succeeded", "failed", "pending"), rows)


def _spans(jobs: Sequence[int]) -> dict[int, tuple[datetime, datetime]]:
    """First and last sample of each job."""
    rows = ProgressSample.objects.filter(job__in=jobs).order_by().values_list("job")
    return {job: (first, last) for job, first, last in rows.annotate(first=Min("at"), last=Max("at"))}


def _is_due(span: tuple[datetime, datetime] | None, seen: Observation, at: datetime) -> bool:
    if span is None or seen.state_changed:
        return span is None or span[1] < at
    first, last = span
    return at - last >= max(CLOSEST, (at - first) / KEPT)
