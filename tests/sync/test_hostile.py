"""Hostile jobs in a real database: each is stored, none blocks another, no sync fails for one of them."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jobs.providers import PROVIDERS
from jobs.providers.listing import raw_job
from tests.providers.hostile import JOBS, encoded, twisted_jobs
from tests.providers.test_properties import LIST_KEYS

from .conftest import Watched

few = settings(
    max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True
)


def list_only(watched: Watched, jobs: list[Any]) -> set[str]:
    """Let the provider list just these; their names."""
    key = LIST_KEYS[watched.project.provider]
    watched.account.faults.clear()
    watched.account.faults.set(200, encoded({key: jobs}), path="(batches|Jobs)$")
    return {raw_job(encoded(job)).name for job in jobs}


def nameless(provider: str, title: str, **changes: Any) -> dict[str, Any]:
    """A job without a name, which nobody can ask for."""
    job = {key: value for key, value in JOBS[provider].items() if key != "name"}
    place = {**job["metadata"], "displayName": title, **changes} if provider == "gemini" else None
    return {**job, "metadata": place} if place else {**job, "displayName": title, **changes}


@few
@given(data=st.data())
def test_a_list_of_hostile_jobs_is_stored_whole(watched: Watched, data: st.DataObject) -> None:
    provider = watched.project.provider
    names = list_only(watched, data.draw(st.lists(twisted_jobs(provider), min_size=10, max_size=25)))
    watched.project.jobs.all().delete()

    report = watched.sync(full=True)

    stored = set(watched.project.jobs.values_list("name", flat=True))
    assert (report.errors, len(stored), named(stored)) == ([], len(names), named(names))


def named(names: set[str]) -> set[str]:
    """Without those made of the bytes: a page that only a lenient reader understands is written anew."""
    return {name for name in names if not name.startswith("unnamed/")}


@pytest.mark.parametrize("number", [2**63 - 1, "9" * 5000, -1, "NaN"])
def test_hostile_numbers_are_stored_or_left_out(watched: Watched, number: Any) -> None:
    stats = ("requestCount", "successfulRequestCount", "failedRequestCount", "successfulCount", "failedCount")
    job = JOBS[watched.project.provider]
    given = dict.fromkeys([*stats, "pendingRequestCount", "incompleteCount"], number)
    names = list_only(watched, [{**job, "completionStats": given, "metadata": {"batchStats": given}}])

    assert (watched.sync().errors, {job.name for job in watched.project.jobs.all()}) == ([], names)


def test_a_job_that_cannot_be_asked_for_blocks_no_other(watched: Watched) -> None:
    name = watched.account.add_job(queue_seconds=0, run_seconds=60).name
    watched.account.faults.hostile = [nameless(watched.project.provider, "first")]
    watched.sync()
    watched.account.faults.hostile = [nameless(watched.project.provider, "second")]
    watched.pass_time(120)

    report = watched.sync()

    assert (report.errors, watched.job(name).state) == ([], "succeeded")
    listed = sorted(watched.project.jobs.listed().values_list("display_name", flat=True))
    assert listed == sorted([watched.job(name).display_name, "first", "second"])


def test_a_job_that_cannot_be_asked_for_is_gone_when_a_full_list_lacks_it(watched: Watched) -> None:
    watched.account.faults.hostile = [nameless(watched.project.provider, "first")]
    watched.sync()
    watched.account.faults.clear()
    watched.pass_time(1)

    report = watched.sync(full=True)

    assert (report.errors, report.gone, watched.project.jobs.listed().count()) == ([], 1, 0)


def test_inline_results_of_a_job_that_cannot_be_asked_for_are_not_missed(gemini: Watched) -> None:
    odd = {"name": "batches/a/b", "metadata": {"state": "BATCH_STATE_RUNNING"}}
    gemini.account.faults.hostile = [odd]
    gemini.sync()
    gemini.account.faults.hostile = [{**odd, "metadata": {"state": "BATCH_STATE_SUCCEEDED"}}]

    assert (gemini.sync().errors, gemini.job("batches/a/b").state) == ([], "succeeded")


def test_a_job_from_the_future_hides_no_new_one(vertex: Watched) -> None:
    vertex.account.faults.hostile = [JOBS["vertex"] | {"createTime": "2199-01-01T00:00:00Z"}]
    vertex.sync()
    vertex.pass_time(900)
    name = vertex.account.add_job(created=vertex.account.clock.now() - timedelta(minutes=5), run_seconds=0).name

    assert (vertex.sync().errors, vertex.job(name).state) == ([], "succeeded")


def test_the_raw_answer_of_a_hostile_job_can_be_shown(watched: Watched) -> None:
    parse, key = PROVIDERS[watched.project.provider].parse_job, LIST_KEYS[watched.project.provider]
    for odd in (b'"\\ud800"', b"NaN", b'"\xff"', b"[" * 3000 + b"]" * 3000):
        body = encoded(JOBS[watched.project.provider])[:-1] + b', "odd": ' + odd + b"}"
        watched.account.faults.clear()
        watched.account.faults.set(200, b'{"' + key.encode() + b'": [' + body + b"]}", path="(batches|Jobs)$")
        watched.sync(full=True)

        [job] = watched.project.jobs.all()
        assert job.name == parse(body).name
        assert job.changes.get().payload.json()
