"""How good the expected ends were: stored jobs replayed, knowing at each moment only what was known then."""

from datetime import timedelta
from itertools import groupby
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from jobs import replay
from jobs.lessons import READ, Track, tracks_of
from jobs.management.base import BoardCommand
from jobs.models import BatchJob, BatchJobQuerySet
from jobs.replay import Past, Score
from jobs.states import State
from jobs.wording import many

AT_ONCE = 200


class Command(BoardCommand):
    help = "Replay finished jobs and print how often the 80 % range held their end, and how wide it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="jobs that ended in so many days (30)")
        parser.add_argument("--limit", type=int, default=5_000, help="at most so many, the latest (5000)")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        since = timezone.now() - timedelta(days=options["days"])
        past = _past(list(_jobs().filter(by_ended__gte=since).order_by("-by_ended", "-pk")[: options["limit"]]))
        by_model = sorted(past, key=lambda job: job.model)
        groups = [(model, list(jobs)) for model, jobs in groupby(by_model, key=lambda job: job.model)]
        for model, jobs in [("all models", past), *groups]:
            self._say(model, replay.score(len(jobs), replay.forecasts(jobs)), as_json=options["json"])

    def _say(self, model: str, found: Score | None, *, as_json: bool) -> None:
        if found is None:
            self.stdout.write(f"{model}: no finished job has progress samples yet.")
        elif as_json:
            facts = {"jobs": found.jobs, "forecasts": found.forecasts, "held": found.held, "width": found.width}
            self.say_json({"model": model, **facts})
        else:
            held, width = f"held {found.held:.1%}", f"median width {found.width:.0%} of the time left"
            self.stdout.write(
                f"{model}: {many(found.jobs, 'job')}, {many(found.forecasts, 'forecast')}, {held}, {width}."
            )


def _jobs() -> BatchJobQuerySet:
    """Jobs that ended well, whose progress was seen."""
    ended = BatchJob.objects.filter(state__in=(State.SUCCEEDED, State.PARTIAL), ended_at__isnull=False)
    return ended.filter(samples__isnull=False).distinct().only("ended_at", *READ)


def _past(jobs: list[BatchJob]) -> list[Past]:
    found = []
    for start in range(0, len(jobs), AT_ONCE):
        some = jobs[start : start + AT_ONCE]
        tracks = tracks_of(some)
        found += [_one(job, tracks[job.pk]) for job in some]
    return found


def _one(job: BatchJob, track: Track) -> Past:
    assert job.ended_at
    began, ended = track.origin.timestamp(), job.ended_at.timestamp()
    return Past(job.model, job.requests_total or 0, began, ended, track.readings)
