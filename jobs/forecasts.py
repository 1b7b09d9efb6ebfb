"""When active jobs will end and what looks wrong with them, kept in rows so that pages only read (DESIGN 8, 10)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from jobs.eta import Range, guess, lasting
from jobs.flags import Flag, Sight, judge
from jobs.lessons import School, Track, start_of, tracks_of, usual
from jobs.models import BatchJob, Forecast
from jobs.sizes import size_class
from jobs.states import ACTIVE, State

AT_ONCE = 200
WRITTEN = ("at", "low_at", "expected_at", "high_at", "flag", "flag_since")
FARTHEST = 1e8  # seconds: some three years
RUNS = (State.RUNNING, State.CANCELLING)


def forecast(at: datetime) -> int:
    """Write anew what is expected of every active job, and forget it of others; how many are active."""
    Forecast.objects.exclude(job__state__in=ACTIVE, job__gone_at=None).delete()
    written = 0
    for (provider, model), jobs in sorted(_active().items()):
        school = School.of(provider, model)
        for start in range(0, len(jobs), AT_ONCE):
            written += _write(jobs[start : start + AT_ONCE], school, at)
    return written


def _active() -> dict[tuple[str, str], list[BatchJob]]:
    """Active jobs of projects that are read, by provider and model."""
    read = BatchJob.objects.listed().active().filter(project__removed_at=None, project__paused_at=None)
    found: dict[tuple[str, str], list[BatchJob]] = defaultdict(list)
    slim = read.defer("labels", "source", "destination", "output", "search_text", "error_message", "raw_hash")
    for job in slim.select_related("project").order_by("pk").iterator(chunk_size=2_000):
        found[job.project.provider, job.model].append(job)
    return found


def _write(jobs: Sequence[BatchJob], school: School, at: datetime) -> int:
    known = {row.job_id: row for row in Forecast.objects.filter(job__in=[job.pk for job in jobs])}
    tracks = tracks_of(jobs)
    rows = [_forecast(job, tracks[job.pk], school, at) for job in jobs]
    for row in rows:
        before = known.get(row.job_id)
        if before and row.flag and before.flag == row.flag:  # what goes on began when it was first said
            row.flag_since = before.flag_since
    Forecast.objects.bulk_create(rows, update_conflicts=True, unique_fields=["job"], update_fields=WRITTEN)
    return len(rows)


def _forecast(job: BatchJob, track: Track, school: School, at: datetime) -> Forecast:
    """As of the last time the project was read: an hour without a reading is no hour without progress."""
    as_of = min(max(job.project.last_success_at or at, job.observed_at), at)
    left = expected(job, track, school, as_of)
    flag, held = judge(sight(job, track, school, left, as_of))
    seconds = (left.low, left.middle, left.high) if left else (None, None, None)
    low, middle, high = (None if one is None else as_of + timedelta(seconds=min(one, FARTHEST)) for one in seconds)
    since = as_of - timedelta(seconds=held) if flag else None
    return Forecast(job=job, at=at, low_at=low, expected_at=middle, high_at=high, flag=flag.value, flag_since=since)


def expected(job: BatchJob, track: Track, school: School, as_of: datetime) -> Range | None:
    """Seconds left: by its own pace, else by how long jobs alike took."""
    durations = school.durations(size_class(job.requests_total))
    if job.state == State.QUEUED:
        return lasting(durations.whole, _seconds(job.by_created, as_of))
    if job.state not in RUNS:
        return None
    if made := guess(track.readings, job.requests_total or 0):
        return _less(school.teacher.range_of(made), _seconds(track.moved_at, as_of))
    began = start_of(job)
    return lasting(durations.run, _seconds(began, as_of)) if began else None


def _less(found: Range, passed: float) -> Range:
    """The range held at the last count; since then time has passed, and what is left is never less than nothing."""
    return Range(*(max(seconds - passed, 0.0) for seconds in found))


def sight(job: BatchJob, track: Track, school: School, left: Range | None, as_of: datetime) -> Sight:
    durations = school.durations(size_class(job.requests_total))
    runs, began = job.state == State.RUNNING, start_of(job) or job.started_at
    return Sight(
        waited=_seconds(job.by_created, as_of) if job.state == State.QUEUED else None,
        ran=_seconds(began, as_of) if runs and began else None,
        idle=_seconds(track.moved_at, as_of) if runs and track.readings else None,
        left=left,
        deadline=(job.expires_at - as_of).total_seconds() if job.expires_at else None,
        usual_wait=usual(durations.queue),
        usual_run=usual(durations.run),
    )


def _seconds(begun: datetime, ended: datetime) -> float:
    return max((ended - begun).total_seconds(), 0.0)


def flagged(*flags: Flag) -> Q:
    """Forecasts with any of these flags, of jobs that are still active."""
    return Q(flag__in=[flag.value for flag in flags], job__gone_at=None, job__state__in=ACTIVE)
