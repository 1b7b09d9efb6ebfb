"""Which jobs a window meets."""

from datetime import timedelta
from typing import Any

import pytest

from jobs.filters import JobFilter
from jobs.models import BatchJob, Project
from jobs.states import State
from jobs.timeline import reading as timeline
from jobs.timeline.reading import Reading, read
from jobs.timeline.window import Window
from tests.conftest import AT, MakeProject
from tests.factories import make_job

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
WINDOW = Window(AT - 10 * HOUR, AT - 5 * HOUR)


def reading(window: Window = WINDOW, **options: Any) -> Reading:
    chosen = options.pop("chosen", JobFilter())
    return read(BatchJob.objects.all(), chosen, window, at=AT, **options)


def found(**options: Any) -> list[str]:
    names = dict(BatchJob.objects.values_list("pk", "display_name"))
    return [names[one.pk] for one in reading(**options).spans]


def lived(project: Project, name: str, first: float, last: float | None, **fields: Any) -> BatchJob:
    """A job from ``first`` to ``last`` hours before noon; None: it runs still."""
    ended = {"state": State.RUNNING} if last is None else {"ended_at": AT - last * HOUR}
    return make_job(project, display_name=name, created_at=AT - first * HOUR, **(ended | fields))


def test_finds_whatever_lived_in_it_oldest_first(project: Project) -> None:
    lived(project, "before", 14, 10.1)
    lived(project, "into", 13, 9)
    lived(project, "throughout", 12, 1)
    lived(project, "within", 9, 8)
    lived(project, "out of", 6, 1)
    lived(project, "after", 5, 1)

    assert found() == ["into", "throughout", "within", "out of"]


def test_jobs_of_before_are_found_however_many(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "MOST_LIVED", 1)
    lived(project, "into", 13, 9)
    lived(project, "throughout", 12, 1)
    lived(project, "before", 14, 10.1)

    assert found() == ["into", "throughout"]


def test_jobs_of_before_that_are_gone_are_found_where_asked_for(project: Project) -> None:
    lived(project, "gone", 12, 8, gone_at=AT)
    lived(project, "there", 12, 8)

    assert found() == ["there"]
    assert "gone" in found(chosen=JobFilter(gone=True))


def test_what_runs_still_meets_every_window_since_its_creation(project: Project) -> None:
    lived(project, "old", 100, None)
    lived(project, "new", 6, None)
    lived(project, "later", 4, None)

    assert found() == ["old", "new"]


def test_nothing_has_happened_yet_in_the_future(project: Project) -> None:
    lived(project, "old", 100, None)

    assert found(window=Window(AT + HOUR, AT + 2 * HOUR)) == []


def test_keeps_to_the_filter_but_for_its_dates(project: Project, make_project: MakeProject) -> None:
    other = make_project()
    lived(project, "wanted", 9, 8, state=State.FAILED)
    lived(project, "too well", 9, 8)
    lived(other, "elsewhere", 9, 8, state=State.FAILED)
    lived(project, "gone", 9, 8, state=State.FAILED, gone_at=AT)

    chosen = JobFilter(projects=(project.pk,), states=(State.FAILED,), within="24h", created_to=AT.date())
    assert found(chosen=chosen) == ["wanted"]


@pytest.mark.parametrize(
    ("fields", "times"),
    [
        ({"started_at": AT - 8 * HOUR}, (-9, -8, -7)),
        ({"started_at": None}, (-9, None, -7)),
        ({"started_at": AT - 20 * HOUR}, (-9, -9, -7)),
        ({"started_at": AT - 2 * HOUR}, (-9, -7, -7)),
        ({"started_at": AT - 8 * HOUR, "started_observed": True, "first_seen_at": AT - 8 * HOUR}, (-9, None, -7)),
        ({"started_at": AT - 8 * HOUR, "started_observed": True, "first_seen_at": AT - 9 * HOUR}, (-9, -8, -7)),
        ({"ended_at": AT - 30 * HOUR}, (-9, None, -9)),
        ({"ended_at": None, "started_at": AT - 8 * HOUR}, (-9, -8, -8)),
    ],
)
def test_times_never_run_backwards(project: Project, fields: dict[str, Any], times: tuple[int | None, ...]) -> None:
    make_job(project, **({"created_at": AT - 9 * HOUR, "ended_at": AT - 7 * HOUR} | fields))

    (one,) = reading().spans
    hours = [
        None if second is None else (second - AT.timestamp()) / 3600 for second in (one.created, one.started, one.ended)
    ]
    assert tuple(hours) == times


def test_reads_only_the_newest_of_too_many_and_says_so(project: Project) -> None:
    for hours in (9, 8, 7, 6):
        lived(project, f"{hours}", hours, 1)
    lived(project, "older", 11, 6)

    assert found(most=3) == ["8", "7", "6"]
    assert (reading(most=3).since, reading(most=3).whole) == (AT - 8 * HOUR, False)
    assert (reading(most=4).since, reading(most=4).whole) == (AT - 10 * HOUR, False)
    assert (reading(most=5).since, reading(most=5).whole) == (AT - 10 * HOUR, True)
