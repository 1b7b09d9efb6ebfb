"""What finished jobs teach about durations: a row each, written once; and the teachers made from the latest rows."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from statistics import quantiles
from typing import NamedTuple

from django.core.cache import cache

from jobs import eta
from jobs.eta import Alike, Reading, Teacher
from jobs.models import BatchJob, Lesson, ProgressSample
from jobs.sizes import size_class
from jobs.states import State

YOUNG = timedelta(days=14)  # jobs that ended longer ago teach no more
FORGOTTEN = timedelta(days=60)
AT_ONCE = 500
LATEST = 1_000  # lessons of one model that are looked at
KEPT_SECONDS = 7 * 86_400
ENOUGH = 20  # durations that tell what is usual
READ = ("pk", "project", "model", "requests_total", "by_created", "started_at", "started_observed", "first_seen_at")


def learn(at: datetime) -> int:
    """Write the lessons of jobs that ended since the last look, at most 500; how many."""
    ended = BatchJob.objects.filter(state__in=(State.SUCCEEDED, State.PARTIAL), ended_at__isnull=False, lesson=None)
    recent = ended.filter(by_ended__gt=at - YOUNG, by_ended__lte=at).order_by("by_ended", "pk")
    jobs = list(recent.select_related("project").only("project__provider", "ended_at", *READ)[:AT_ONCE])
    tracks = tracks_of(jobs)
    lessons = [_lesson(job, tracks[job.pk]) for job in jobs]
    Lesson.objects.bulk_create(lessons, ignore_conflicts=True)
    Lesson.objects.filter(ended_at__lt=at - FORGOTTEN).delete()
    return len(lessons)


def start_of(job: BatchJob) -> datetime | None:
    """When it began to run; None where it ran already when first seen, or does not run yet."""
    return job.started_at if job.started_at and not _missed_start(job) else None


def _missed_start(job: BatchJob) -> bool:
    return bool(job.started_observed and job.started_at and job.started_at <= job.first_seen_at)


@dataclass(frozen=True, slots=True)
class Track:
    """A job's progress, in seconds since ``origin``: when it began to run, else its first sample, else its creation."""

    origin: datetime
    readings: list[Reading]

    @property
    def moved_at(self) -> datetime:
        """When its counts last grew."""
        grew = [after.seconds for before, after in pairwise(self.readings) if after.done > before.done]
        return self.origin + timedelta(seconds=grew[-1] if grew else 0.0)


def tracks_of(jobs: Sequence[BatchJob]) -> dict[int, Track]:
    rows = ProgressSample.objects.filter(job__in=[job.pk for job in jobs]).order_by("job", "at")
    samples: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for pk, at, succeeded, failed in rows.values_list("job", "at", "succeeded", "failed"):
        samples[pk].append((at, succeeded + failed))
    return {job.pk: _track(job, samples[job.pk]) for job in jobs}


def _track(job: BatchJob, samples: Sequence[tuple[datetime, int]]) -> Track:
    origin = start_of(job) or (samples[0][0] if samples else job.by_created)
    return Track(origin, [Reading(max((at - origin).total_seconds(), 0.0), done) for at, done in samples])


def _lesson(job: BatchJob, track: Track) -> Lesson:
    assert job.ended_at
    began, ended, total = start_of(job), job.ended_at, job.requests_total or 0
    taught = eta.lessons(track.readings, total, (ended - track.origin).total_seconds())
    return Lesson(
        job=job,
        provider=job.project.provider,
        model=job.model,
        size=size_class(job.requests_total),
        ended_at=ended,
        queue_seconds=_seconds(job.by_created, began) if began else None,
        run_seconds=_seconds(began, ended) if began else None,
        whole_seconds=_seconds(job.by_created, ended),
        taught=[[one.alike.part, one.alike.drifted, round(one.error, 4)] for one in taught],
    )


def _seconds(begun: datetime, ended: datetime) -> float:
    return max((ended - begun).total_seconds(), 0.0)


def _latest() -> "deque[float]":
    return deque(maxlen=LATEST)


class Ascending(NamedTuple):
    """Seconds of jobs of one model and size, ascending."""

    queue: list[float]
    run: list[float]
    whole: list[float]


@dataclass(slots=True)
class Durations:
    """The same, as the jobs ended; the oldest are forgotten."""

    queue: "deque[float]" = field(default_factory=_latest)
    run: "deque[float]" = field(default_factory=_latest)
    whole: "deque[float]" = field(default_factory=_latest)

    def hear(self, lesson: Lesson) -> None:
        self.whole.append(lesson.whole_seconds)
        if lesson.queue_seconds is not None and lesson.run_seconds is not None:
            self.queue.append(lesson.queue_seconds)
            self.run.append(lesson.run_seconds)

    def ascending(self) -> Ascending:
        return Ascending(sorted(self.queue), sorted(self.run), sorted(self.whole))


@dataclass(slots=True)
class School:
    """All that is known of one provider's model: its teacher, and how long jobs took by size.

    Kept in the cache between two looks, so that each lesson is heard once; ``heard`` is the last one.
    """

    teacher: Teacher = field(default_factory=Teacher)
    sizes: dict[int, Durations] = field(default_factory=lambda: defaultdict(Durations))
    any_size: Durations = field(default_factory=Durations)
    heard: int = 0
    ready: dict[int | None, Ascending] = field(default_factory=dict)

    @classmethod
    def of(cls, provider: str, model: str) -> "School":
        lessons = Lesson.objects.filter(provider=provider, model=model)
        key = f"school:1:{blake2b(repr((provider, model)).encode(), digest_size=16).hexdigest()}"
        school: School | None = cache.get(key)
        if school is None or not lessons.filter(pk=school.heard).exists():
            school = cls()
        news = list(lessons.filter(pk__gt=school.heard).order_by("-pk")[:LATEST])
        for lesson in reversed(news):
            school._hear(lesson)
        if news:
            cache.set(key, school, KEPT_SECONDS)
        school.ready = {size: durations.ascending() for size, durations in school.sizes.items()}
        school.ready[None] = school.any_size.ascending()
        return school

    def durations(self, size: int) -> Ascending:
        """Of the size if enough of it are known, else of any."""
        alike = self.ready.get(size)
        return alike if alike and len(alike.whole) >= ENOUGH else self.ready[None]

    def _hear(self, lesson: Lesson) -> None:
        taught = [eta.Lesson(Alike(lesson.size, part, drifted), error) for part, drifted, error in lesson.taught]
        self.teacher.learn(taught)
        self.sizes[lesson.size].hear(lesson)
        self.any_size.hear(lesson)
        self.heard = lesson.pk


def usual(durations: Sequence[float]) -> float | None:
    """What 95 % stay below; None where few are known."""
    return quantiles(durations, n=20)[-1] if len(durations) >= ENOUGH else None
