"""The look round: lessons, forecasts and incidents from rows, at a moment that is passed in."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from jobs import radar
from jobs.forecasts import forecast
from jobs.lessons import School, learn
from jobs.models import Attention, BatchJob, Forecast, Lesson, ProgressSample, Project
from jobs.states import State
from tests.conftest import MakeProject
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def running(
    project: Project, at: datetime, *, minutes: int = 10, stands: timedelta = timedelta(), **fields: Any
) -> BatchJob:
    """Runs for ``minutes`` at 10 requests a minute of 1,000, then stands still for ``stands`` until ``at``."""
    began = at - stands - minutes * MINUTE
    times: dict[str, Any] = {"created_at": began - HOUR, "started_at": began, "expires_at": began + 48 * HOUR}
    job = make_job(project, state=State.RUNNING, requests_total=1000, **times | fields)
    ProgressSample.objects.bulk_create(
        ProgressSample(job=job, at=began + number * MINUTE, succeeded=10 * number) for number in range(minutes + 1)
    )
    return job


def finished(project: Project, at: datetime, *, run: timedelta = HOUR, wait: timedelta = 10 * MINUTE) -> BatchJob:
    began = at - run
    times: dict[str, Any] = {"created_at": began - wait, "started_at": began, "ended_at": at}
    return make_job(project, requests_total=1000, first_seen_at=began - wait, **times)


def fresh(project: Project, at: datetime) -> None:
    Project.objects.filter(pk=project.pk).update(last_success_at=at)


def incidents() -> list[tuple[str, str, int]]:
    return list(Attention.objects.unresolved().order_by("kind").values_list("kind", "model", "jobs"))


def test_a_finished_job_teaches_once(project: Project, at: datetime) -> None:
    job = finished(project, at - HOUR)
    ProgressSample.objects.create(job=job, at=at - 2 * HOUR, succeeded=0)
    ProgressSample.objects.create(job=job, at=at - 1.5 * HOUR, succeeded=400)

    assert (learn(at), learn(at)) == (1, 0)

    lesson = Lesson.objects.get()
    assert (lesson.queue_seconds, lesson.run_seconds, lesson.whole_seconds) == (600, 3600, 4200)
    assert (lesson.size, lesson.provider, lesson.taught) == (1, "gemini", [[4, False, -0.4055]])


def test_failed_and_old_jobs_teach_nothing(project: Project, at: datetime) -> None:
    finished(project, at - 15 * timedelta(days=1))
    make_job(project, state=State.FAILED)

    assert learn(at) == 0


def test_a_running_job_is_forecast_by_its_pace(project: Project, at: datetime) -> None:
    fresh(project, at)
    job = running(project, at)

    assert forecast(at) == 1

    row = Forecast.objects.get(job=job)
    assert (row.expected_at, row.flag) == (at + 90 * MINUTE, "")
    assert row.low_at and row.high_at and round((row.low_at - at) / MINUTE) == 45
    assert round((row.high_at - at) / MINUTE) == 181


def test_a_waiting_job_is_forecast_by_how_long_others_took(project: Project, at: datetime) -> None:
    for number in range(40):
        finished(project, at - HOUR, run=number * MINUTE)
    learn(at)
    make_job(project, state=State.QUEUED, created_at=at, requests_total=1000)

    forecast(at)

    expected = Forecast.objects.get().expected_at
    assert expected and round((expected - at) / MINUTE, 1) == 29.5


def test_what_is_over_is_no_longer_forecast(project: Project, at: datetime) -> None:
    job = running(project, at)
    forecast(at)
    BatchJob.objects.filter(pk=job.pk).update(state=State.SUCCEEDED)

    assert (forecast(at), Forecast.objects.count()) == (0, 0)


def test_many_jobs_stuck_on_one_model_are_one_incident(make_project: MakeProject, at: datetime) -> None:
    for _ in range(5):
        place = make_project(last_success_at=at)
        for _ in range(8):
            running(place, at, stands=5 * HOUR, model="gemini-slow")
        running(place, at, model="gemini-quick")

    radar.look_round(at)
    radar.look_round(at + MINUTE)

    assert incidents() == [("stuck", "gemini-slow", 40)]
    row = Attention.objects.get()
    assert (row.project, row.since, row.times) == (None, at - 3 * HOUR, 1)


def test_jobs_that_move_again_settle_it(project: Project, at: datetime) -> None:
    fresh(project, at)
    job = running(project, at, stands=5 * HOUR)
    radar.look_round(at)
    assert incidents() == [("stuck", "gemini-2.5-flash", 1)]

    ProgressSample.objects.create(job=job, at=at + MINUTE, succeeded=500)
    fresh(project, at + MINUTE)
    radar.look_round(at + MINUTE)

    assert incidents() == []
    assert Attention.objects.get().notes.values_list("text", flat=True).last() == "Its jobs move again, or are over."


def test_a_project_that_is_not_read_makes_no_job_stuck(project: Project, at: datetime) -> None:
    fresh(project, at - 5 * HOUR)
    running(project, at, stands=5 * HOUR, observed_at=at - 5 * HOUR)

    radar.look_round(at)

    assert incidents() == []


def test_a_job_that_will_expire_is_said_before_it_does(project: Project, at: datetime) -> None:
    fresh(project, at)
    running(project, at, expires_at=at + HOUR)

    radar.look_round(at)

    assert incidents() == [("late", "", 1)]


def test_a_look_round_asks_the_same_for_many_jobs(
    project: Project, at: datetime, django_assert_num_queries: Any
) -> None:
    def queries(jobs: int) -> int:
        for _ in range(jobs):
            running(project, at)
        with django_assert_num_queries(100, exact=False) as captured:
            forecast(at)
        return len(captured)

    assert queries(2) == queries(20)


def test_a_school_tells_what_is_usual_by_size_where_it_knows_enough(project: Project, at: datetime) -> None:
    for number in range(25):
        finished(project, at - HOUR, run=number * MINUTE)
    learn(at)
    school = School.of("gemini", "gemini-2.5-flash")

    assert len(school.durations(1).run) == 25
    assert school.durations(3) is school.ready[None]


def test_a_school_hears_each_lesson_once(project: Project, at: datetime) -> None:
    finished(project, at - HOUR)
    learn(at)
    School.of("gemini", "gemini-2.5-flash")
    finished(project, at - HOUR)
    learn(at)

    assert [len(School.of("gemini", "gemini-2.5-flash").any_size.whole) for _ in range(2)] == [2, 2]

    Lesson.objects.all().delete()
    assert len(School.of("gemini", "gemini-2.5-flash").any_size.whole) == 0
