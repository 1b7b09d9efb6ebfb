"""What finished jobs teach about durations: a row each, written once; and the teachers made from the latest rows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import quantiles

from jobs import eta
from jobs.eta import Alike, Reading, Teacher
from jobs.models import BatchJob, Lesson, ProgressSample
from jobs.sizes import size_class
from jobs.states import State

YOUNG = timedelta(days=14)  # jobs that ended longer ago teach no more
FORGOTTEN = timedelta(days=60)
AT_ONCE = 500
LATEST = 1_000  # lessons of one model that are looked at
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


@dataclass(slots=True)
class Durations:
    """Seconds, ascending, of jobs of one model and size."""

    queue: list[float] = field(default_factory=list)
    run: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)

    def sort(self) -> None:
        for seconds in (self.queue, self.run, self.whole):
            seconds.sort()


@dataclass(slots=True)
class School:
    """All that is known of one provider's model: its teacher, and how long jobs took by size."""

    teacher: Teacher = field(default_factory=Teacher)
    sizes: dict[int, Durations] = field(default_factory=lambda: defaultdict(Durations))
    any_size: Durations = field(default_factory=Durations)

    @classmethod
    def of(cls, provider: str, model: str) -> "School":
        school = cls()
        rows = Lesson.objects.filter(provider=provider, model=model).order_by("-ended_at", "-pk")[:LATEST]
        for lesson in reversed(rows):
            school._hear(lesson)
        for durations in (school.any_size, *school.sizes.values()):
            durations.sort()
        return school

    def durations(self, size: int) -> Durations:
        """Of the size if enough of it are known, else of any."""
        alike = self.sizes.get(size)
        return alike if alike and len(alike.whole) >= ENOUGH else self.any_size

    def _hear(self, lesson: Lesson) -> None:
        taught = [eta.Lesson(Alike(lesson.size, part, drifted), error) for part, drifted, error in lesson.taught]
        self.teacher.learn(taught)
        for durations in (self.sizes[lesson.size], self.any_size):
            durations.whole.append(lesson.whole_seconds)
            durations.queue += [] if lesson.queue_seconds is None else [lesson.queue_seconds]
            durations.run += [] if lesson.run_seconds is None else [lesson.run_seconds]


def usual(durations: Sequence[float]) -> float | None:
    """What 95 % stay below; None where few are known."""
    return quantiles(durations, n=20)[-1] if len(durations) >= ENOUGH else None
