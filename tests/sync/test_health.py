"""What a sync says of its project, and when it comes again."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from jobs import projects
from jobs.models import Project
from jobs.sync import health
from jobs.sync.health import Success, Trouble, back_off

from .conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)


def pause(watched: Watched) -> float:
    """Seconds until the next sync, less the jitter of ± 10 %, to a tenth."""
    return (watched.project.next_sync_at - watched.account.clock.now()).total_seconds()


def test_a_good_sync_is_written_down(watched: Watched) -> None:
    watched.sync()

    at = watched.account.clock.now()
    project = watched.project
    assert (project.last_success_at, project.last_full_at, project.last_attempt_at) == (at, at, at)
    assert (project.failures, project.error, project.full_sync_wanted) == (0, "", False)
    assert project.latency_ms is None or project.latency_ms < 60_000


def test_active_jobs_are_polled_often(watched: Watched) -> None:
    watched.account.add_job()
    watched.sync()
    watched.pass_time(86_000)
    watched.account.add_job()
    watched.sync()

    assert 13.5 <= pause(watched) <= 16.5


def test_a_quiet_project_is_polled_rarely(watched: Watched) -> None:
    watched.account.add_job()
    watched.pass_time(3600)
    watched.sync()
    watched.pass_time(3600)
    watched.sync()

    assert 162 <= pause(watched) <= 198


def test_failures_in_a_row_back_off(watched: Watched) -> None:
    watched.account.faults.set(status=503)
    pauses = []
    for _ in range(3):
        watched.sync()
        pauses.append(pause(watched))

    assert watched.project.failures == 3
    assert [round(seconds / 15) for seconds in pauses] == [1, 2, 4]


def test_the_wait_a_provider_asks_for_is_honoured(watched: Watched) -> None:
    watched.account.faults.set(status=429, retry_info="120s")

    watched.sync()

    assert pause(watched) >= 120
    assert watched.project.error_kind == "transient"


def test_a_hundred_failures_wait_a_quarter_of_an_hour() -> None:
    assert back_off(Trouble("transient", "…"), 100) == timedelta(minutes=15)


def test_what_people_ask_for_while_a_sync_runs_is_not_forgotten(gemini: Watched) -> None:
    gemini.sync()
    at = gemini.account.clock.now()
    token = Project.objects.filter(pk=gemini.project.pk).claim(at, timedelta(seconds=60))
    running = Project.objects.get(pk=gemini.project.pk)
    projects.sync_now(gemini.project, by=projects.Actor(None, at))

    health.succeed(running, token or uuid4(), Success(True, True, True, True, None, None, None), at=at)

    gemini.project.refresh_from_db()
    assert (gemini.project.next_sync_at, gemini.project.full_sync_wanted) == (at, True)


def test_a_refused_credential_is_tried_rarely() -> None:
    assert back_off(Trouble("credential", "…"), 1) == timedelta(minutes=5)


def test_trouble_of_one_project_leaves_others_alone(gemini: Watched, vertex: Watched) -> None:
    gemini.account.faults.set(status=503)
    vertex.account.add_job()

    gemini.sync()
    vertex.sync()

    assert (gemini.project.failures, vertex.project.failures, vertex.project.jobs.count()) == (1, 0, 1)


def test_three_failures_ask_for_a_full_sweep(watched: Watched) -> None:
    watched.sync()
    watched.account.faults.set(status=503)
    for _ in range(3):
        watched.sync()

    assert watched.project.full_sync_wanted is True


def test_a_clock_that_differs_is_noticed(gemini: Watched) -> None:
    gemini.account.faults.date_skew(120)
    theirs = gemini.account.clock.now() + timedelta(seconds=120)

    before = datetime.now(UTC)
    gemini.sync()
    after = datetime.now(UTC)

    skew = gemini.project.clock_skew_seconds or 0
    assert (theirs - after).total_seconds() - 1 <= skew <= (theirs - before).total_seconds() + 1


def test_a_credential_no_key_decrypts_is_said(gemini: Watched) -> None:
    Project.objects.filter(pk=gemini.project.pk).update(credential="gAAAAAB-not-ours")

    report = gemini.sync()

    assert gemini.project.error_kind == "credential"
    assert report.errors == [
        "The stored credential cannot be decrypted with CREDENTIAL_KEYS: restore the old key or enter it anew."
    ]
