"""The page of one job."""

import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from jobs.models import BatchJob, ProgressSample, Project, StateChange, User
from jobs.states import State
from tests.conftest import ClientFor
from tests.dashboard.reading import words
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]


@pytest.fixture
def page(client_for: ClientFor, victor: User) -> Callable[..., str]:
    """``page(job, query)``: what victor reads, as HTML."""
    client = client_for(victor)

    def page(job: BatchJob, query: str = "") -> str:
        answer = client.get(f"/jobs/{job.pk}/{query}")
        assert answer.status_code == 200
        return answer.content.decode()

    return page


Read = Callable[..., str]


def test_shows_error_progress_timeline_and_places(page: Read, project: Project, at: datetime) -> None:
    job = make_job(
        project,
        name="batches/7x2k",
        state=State.PARTIAL,
        started_at=at - timedelta(minutes=50),
        requests_total=100,
        requests_succeeded=90,
        requests_failed=10,
        error_code=3,
        error_message="Ten lines are not JSON.",
        source="files/abc",
        destination="files/out",
        labels={"team": "search"},
    )

    text = words(page(job))

    assert "Error 3 Ten lines are not JSON." in text
    assert "Progress 90 ok · 10 failed (10 %) Total 100 Succeeded 90 Failed 10 Pending –" in text
    assert (
        "Timeline 10 min → 20 min Created 11:00:00 UTC · 1 h ago Started 11:10:00 UTC · 50 min ago Ended 11:30:00 UTC"
        in text
    )
    assert "Source files/abc Destination files/out Labels team: search" in text


def test_the_error_comes_first(page: Read, project: Project) -> None:
    html = page(make_job(project, state=State.FAILED, error_message="Out of quota."))

    assert html.index("Out of quota.") < html.index("Progress")


def test_says_when_the_start_was_only_observed(page: Read, project: Project, at: datetime) -> None:
    job = make_job(project, state=State.RUNNING, started_at=at, started_observed=True)

    assert "Started (first seen running) 12:00:00 UTC · now" in words(page(job))


def test_draws_the_progress_and_says_it_in_words(page: Read, project: Project, at: datetime) -> None:
    job = make_job(project, state=State.RUNNING, requests_total=1000)
    for minutes, done in [(30, 0), (10, 100), (0, 600)]:
        ProgressSample.objects.create(job=job, at=at - timedelta(minutes=minutes), succeeded=done, failed=0)

    html = page(job)

    assert 'points="0.0,130.0 400.0,117.0 600.0,52.0"' in html
    assert "600 of 1,000 requests done at 2026-11-22 12:00 UTC; counted since 2026-11-22 11:30 UTC." in html
    assert "Pace 20 requests/min" in words(html)


def test_history_names_states_and_links_the_answer_of_each(page: Read, project: Project, at: datetime) -> None:
    job = make_job(project, state=State.RUNNING)
    change = StateChange.objects.create(
        job=job, at=at, observed_at=at, from_state="running", to_state="failed", provider_state="BATCH_STATE_FAILED"
    )

    html = page(job)

    assert "12:00:00 UTC Running → Failed BATCH_STATE_FAILED answer 11:00:00 UTC First seen as Running" in words(html)
    assert f'href="/jobs/{job.pk}/raw/?change={change.pk}"' in html


def test_neighbours_are_those_of_the_filtered_list(page: Read, project: Project, at: datetime) -> None:
    newest, _, middle, _, oldest = [
        make_job(project, created_at=at - timedelta(minutes=n), model="ab"[n % 2]) for n in range(5)
    ]

    html = page(middle, "?model=a")

    assert f'href="/jobs/{newest.pk}/?model=a" rel="prev"' in html
    assert f'href="/jobs/{oldest.pk}/?model=a" rel="next"' in html
    assert 'href="/?model=a"' in html


def test_a_stranger_finds_nothing(client_for: ClientFor, stranger: User, project: Project) -> None:
    job = make_job(project)
    client = client_for(stranger)

    assert client.get(f"/jobs/{job.pk}/").status_code == 404
    assert client.get(f"/jobs/{job.pk}/raw/").status_code == 404


def test_the_raw_answer_keeps_every_digit(client_for: ClientFor, victor: User, project: Project) -> None:
    job = make_job(project, raw=b'{"count":12345678901234567890123,"share":1.10}')

    answer = client_for(victor).get(f"/jobs/{job.pk}/raw/")

    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert answer.content == b'{\n  "count": 12345678901234567890123,\n  "share": 1.10\n}'


def test_a_raw_answer_that_is_not_json_is_shown_as_it_came(page: Read, project: Project) -> None:
    assert "&lt;html&gt;busy" in page(make_job(project, raw=b"<html>busy"))


def test_an_older_state_keeps_its_own_answer(client_for: ClientFor, victor: User, project: Project) -> None:
    job = make_job(project, raw=b"{}")
    first = job.changes.get()
    client = client_for(victor)

    assert client.get(f"/jobs/{job.pk}/raw/?change={first.pk}").content == b"{}"
    assert client.get(f"/jobs/{job.pk}/raw/?change={first.pk + 1}").status_code == 404
    assert client.get(f"/jobs/{job.pk}/raw/?change=x").status_code == 404


def test_a_gone_job_says_who_and_why(page: Read, project: Project, at: datetime) -> None:
    job = make_job(project, gone_at=at, gone_by="alice", gone_reason="tidied up")

    assert "This job is gone at the provider since 2026-11-22 12:00:00 UTC, by alice: tidied up." in words(page(job))


def test_odd_numbers_and_long_hostile_names_break_nothing(page: Read, project: Project, at: datetime) -> None:
    job = make_job(
        project,
        display_name="<b>\u202e" + "x" * 250,
        requests_total=1,
        requests_succeeded=5,
        requests_failed=7,
        started_at=at + timedelta(days=1),
        ended_at=at - timedelta(days=9),
        labels={"<i>": "</dd>"},
    )

    html = page(job)

    assert "<bdi>&lt;b&gt;\u202e" in html and "<i>" not in html
    assert "5 ok · 7 failed (58.3 %)" in words(html)
    assert "0 s → 0 s" in html


def test_as_of_is_the_last_observation_that_covered_the_job(project: Project, at: datetime) -> None:
    hour = timedelta(hours=1)
    project.last_success_at, project.last_full_at, project.covered_since = at, at - 2 * hour, at - 9 * hour
    done = make_job(project, observed_at=at - 5 * hour)
    old = make_job(project, observed_at=at - 5 * hour, created_at=at - 10 * hour)
    runs = make_job(project, observed_at=at - 5 * hour, created_at=at - 10 * hour, state=State.RUNNING)
    gone = make_job(project, gone_at=at - 3 * hour)

    assert [job.as_of(job.project) for job in (done, old, runs, gone)] == [at, at - 2 * hour, at, at - 3 * hour]


def test_a_huge_answer_is_not_unpacked_for_the_page(page: Read, project: Project) -> None:
    job = make_job(project, raw=b'{"x": "%s"}' % (b"a" * 50_000_000))
    tracemalloc.start()
    html = page(job)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "It is too long to show here." in html
    assert peak < 10_000_000


def test_a_huge_answer_comes_in_pieces(client_for: ClientFor, victor: User, project: Project) -> None:
    raw = b'{"x": "%s"}' % (b"a" * 1_000_000)
    job = make_job(project, raw=raw)

    answer = client_for(victor).get(f"/jobs/{job.pk}/raw/")

    assert answer.streaming and b"".join(answer) == raw


def test_an_answer_nested_without_end_breaks_no_page(page: Read, project: Project) -> None:
    job = make_job(project, raw=b"[" * 5_000 + b"]" * 5_000)

    assert "[[[[" in page(job)
    assert page(job, "raw/").startswith("[[[[")


def test_a_job_that_changed_endlessly_shows_its_latest_changes(page: Read, project: Project, at: datetime) -> None:
    job = make_job(project)
    changes = [StateChange(job=job, at=at, observed_at=at, to_state=State.RUNNING) for _ in range(150)]
    StateChange.objects.bulk_create(changes)

    html = page(job)

    assert (html.count(">answer</a>"), "Older changes are not shown." in html) == (100, True)
