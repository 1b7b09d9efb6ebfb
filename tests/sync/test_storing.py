"""What one sync stores of jobs it sees for the first time, unchanged, and changed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import search
from jobs.models import Payload, ProgressSample, StateChange, StateCount
from jobs.states import State

from .conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_first_sync_stores_every_job(watched: Watched) -> None:
    for number in range(230):
        watched.account.add_job(display_name=f"nightly-{number}", requests=10)

    report = watched.sync()

    assert (report.seen, report.created, report.changed, report.unchanged) == (230, 230, 0, 0)
    assert watched.project.jobs.count() == 230
    assert report.requests == 3


def test_a_job_reads_as_the_provider_tells_it(gemini: Watched) -> None:
    made = gemini.account.add_job("nightly", "gemini-2.5-pro", requests=80, outcome="partial", failed=3)
    gemini.pass_time(3600)

    gemini.sync()

    job = gemini.job(made.name)
    assert (job.display_name, job.model, job.provider_state) == ("nightly", "gemini-2.5-pro", "BATCH_STATE_SUCCEEDED")
    assert (job.requests_total, job.requests_succeeded, job.requests_failed) == (80, 77, 3)
    assert job.state == State.PARTIAL


def test_a_succeeded_job_whose_requests_all_failed_is_failed(watched: Watched) -> None:
    made = watched.account.add_job(requests=9, outcome="all_failed")
    watched.pass_time(3600)

    watched.sync()

    assert watched.job(made.name).state == State.FAILED


def test_an_unchanged_sync_writes_only_the_project(watched: Watched) -> None:
    for _ in range(120):
        watched.account.add_job(created=watched.account.clock.now() - timedelta(days=1))
    watched.sync()

    with CaptureQueriesContext(connection) as queries:
        report = watched.sync(full=True)

    writes = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert report.unchanged == 120
    assert {sql.partition(" SET")[0] for sql in writes} == {'UPDATE "jobs_project"'}


def test_a_state_change_leaves_history_with_both_answers(watched: Watched) -> None:
    made = watched.account.add_job(queue_seconds=60, run_seconds=600)
    watched.sync()
    watched.pass_time(120)
    watched.sync()

    changes = StateChange.objects.filter(job__name=made.name)
    assert [(change.from_state, change.to_state) for change in changes] == [("", "queued"), ("queued", "running")]
    states = [Payload.objects.get(change=change).json() for change in changes]
    assert states[0] != states[1]


def test_an_answer_is_replaced_while_the_state_stays(watched: Watched) -> None:
    made = watched.account.add_job(queue_seconds=0, run_seconds=6000, requests=1000)
    watched.pass_time(600)
    watched.sync()
    watched.pass_time(600)
    watched.sync()

    payload = Payload.objects.get(change__job__name=made.name)
    assert payload.observed_at == watched.account.clock.now()


def test_counts_move_with_each_change(watched: Watched) -> None:
    watched.account.add_job(model="gemini-2.5-flash", queue_seconds=60, run_seconds=600)
    watched.sync()
    watched.pass_time(120)
    watched.sync()

    rows = StateCount.objects.filter(project=watched.project)
    assert {row.state: row.jobs for row in rows} == {"queued": 0, "running": 1}


def test_progress_is_sampled_as_it_grows(watched: Watched) -> None:
    made = watched.account.add_job(queue_seconds=0, run_seconds=1000, requests=1000)
    for _ in range(4):
        watched.pass_time(200)
        watched.sync()

    done = list(ProgressSample.objects.filter(job__name=made.name).values_list("succeeded", flat=True))
    assert len(done) == 4
    assert done == sorted(done)


def test_samples_closer_than_ten_seconds_are_left_out(watched: Watched) -> None:
    made = watched.account.add_job(queue_seconds=0, run_seconds=100, requests=1000)
    for _ in range(10):
        watched.pass_time(4)
        watched.sync()

    assert ProgressSample.objects.filter(job__name=made.name).count() == 4


def test_the_first_running_sight_stands_in_for_a_start(gemini: Watched) -> None:
    made = gemini.account.add_job(queue_seconds=60, run_seconds=600)
    gemini.sync()
    gemini.pass_time(90)
    gemini.sync()
    seen_running = gemini.account.clock.now()
    gemini.pass_time(3600)
    gemini.sync()

    job = gemini.job(made.name)
    assert (job.state, job.started_at, job.started_observed) == (State.SUCCEEDED, seen_running, True)


def test_a_start_the_provider_tells_is_its_own(vertex: Watched) -> None:
    made = vertex.account.add_job(queue_seconds=60, run_seconds=600)
    vertex.pass_time(3600)
    vertex.sync()

    job = vertex.job(made.name)
    assert job.created_at is not None
    assert (job.started_at, job.started_observed) == (job.created_at + timedelta(seconds=60), False)
    assert job.by_duration == 600


def test_an_unknown_word_is_kept_and_still_polled(watched: Watched) -> None:
    made = watched.account.add_job(outcome="unknown", queue_seconds=0, run_seconds=60)
    watched.pass_time(120)
    watched.sync()

    job = watched.job(made.name)
    assert job.state == State.UNKNOWN
    assert job.provider_state not in ("", "JOB_STATE_UNSPECIFIED")
    assert job.is_active


def test_our_cancel_request_shows_until_the_provider_ends_the_job(gemini: Watched) -> None:
    made = gemini.account.add_job(queue_seconds=0, run_seconds=600)
    gemini.sync()
    gemini.project.jobs.update(cancel_requested_at=gemini.account.clock.now())
    gemini.pass_time(60)
    gemini.sync()

    assert gemini.job(made.name).state == State.CANCELLING


def test_inline_results_are_looked_for_once_when_finished(gemini: Watched) -> None:
    made = gemini.account.add_job(source="inline", requests=3, queue_seconds=0, run_seconds=60)
    gemini.sync()
    gemini.pass_time(120)
    gemini.sync()
    gemini.sync(full=True)

    assert gemini.job(made.name).output == "inline"
    assert gemini.account.journal.count(method="GET", path=f".*{made.name}$") == 1


def test_a_job_is_found_by_its_whole_name_and_by_a_part_of_its_id(watched: Watched) -> None:
    made = watched.account.add_job("nightly")
    watched.account.add_job("weekly")
    watched.sync()

    for text in (made.name, made.name[-9:], made.name.rpartition("/")[2][2:8], "NIGHT"):
        found = search.matching(watched.project.jobs.all(), text)
        assert [job.name for job in found] == [made.name]
