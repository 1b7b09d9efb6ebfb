"""The Gemini API's own ways (WIRE 1.3 - 1.6)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.providers.base import RemoteJob
from jobs.providers.gemini import parse_job, wants_get, without_results
from jobs.simulator.app import Simulator
from jobs.states import Counts, State

from .harness import Bench, gemini_bench

CREATED = datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.fixture
def bench(simulator: Simulator) -> Bench:
    return gemini_bench(simulator)


def read(metadata: dict[str, Any] | None = None, **top: Any) -> RemoteJob:
    return parse_job(json.dumps({"name": "batches/a", "metadata": metadata or {}, **top}).encode())


def test_a_queued_job_has_no_done_and_all_requests_pending(bench: Bench) -> None:
    name = bench.remote.add_job(requests=40).name

    assert "done" not in json.loads(bench.get(name).body)
    assert (bench.read(name).reported, bench.read(name).counts) == (State.QUEUED, Counts(40, 0, 0, 40))


def test_counts_of_zero_are_left_out_on_the_wire(bench: Bench) -> None:
    name = bench.remote.add_job(requests=40).name
    bench.remote.clock.advance(700)

    assert json.loads(bench.get(name).body)["metadata"]["batchStats"] == {
        "requestCount": "40",
        "successfulRequestCount": "40",
    }
    assert bench.read(name).counts == Counts(40, 40, 0, 0)


@pytest.mark.parametrize("stats", [{}, {"failedRequestCount": "x"}, [], None, "5"])
def test_without_a_total_nothing_is_known(stats: Any) -> None:
    assert read({"batchStats": stats}).counts == Counts()


def test_counts_come_as_text_or_as_numbers() -> None:
    stats = {"requestCount": 5, "successfulRequestCount": "3", "failedRequestCount": 2.0}

    assert read({"batchStats": stats}).counts == Counts(5, 3, 2, 0)


def test_the_error_stands_beside_the_metadata(bench: Bench) -> None:
    job = bench.remote.add_job(outcome="fail")
    job.error = (8, "Enqueued token quota exceeded.")
    bench.remote.clock.advance(700)

    seen = bench.read(job.name)

    assert (seen.error_code, seen.error_message, seen.reported) == (8, "Enqueued token quota exceeded.", State.FAILED)


def test_a_results_file_may_stand_in_the_response_only() -> None:
    job = read({"state": "BATCH_STATE_SUCCEEDED"}, done=True, response={"responsesFile": "files/batch-a"})

    assert (job.output, job.destination) == ("files/batch-a", "files/batch-a")


@pytest.mark.parametrize("key", ["inlinedResponses", "inlinedEmbedContentResponses"])
def test_inline_results_are_told_as_such(key: str) -> None:
    nested: dict[str, Any] = {key: {"inlinedResponses": [{"response": {}}]}}

    assert read({"output": nested}).output == read(response=nested).output == "inline"


@pytest.mark.parametrize("word", ["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"])
def test_both_prefixes_of_a_state_say_the_same(word: str) -> None:
    batch, job = (read({"state": f"{prefix}_STATE_{word}"}) for prefix in ("BATCH", "JOB"))

    assert batch.reported is job.reported is not State.UNKNOWN
    assert (batch.provider_state, job.provider_state) == (f"BATCH_STATE_{word}", f"JOB_STATE_{word}")


@pytest.mark.parametrize("word", ["BATCH_STATE_UNSPECIFIED", "", "RUNNING ", "running", 2, None])
def test_other_words_are_unknown(word: Any) -> None:
    assert read({"state": word}).reported is State.UNKNOWN


def test_file_and_inline_sources(bench: Bench) -> None:
    files = bench.read(bench.remote.add_job(source="file").name)
    inline = bench.read(bench.remote.add_job(source="inline").name)

    assert (files.source[:6], inline.source, parse_job(b"{}").source) == ("files/", "inline", "")


@pytest.mark.parametrize("source", ["inline", "file"])
def test_a_finished_inline_job_is_asked_for_once(bench: Bench, source: Any) -> None:
    name = bench.remote.add_job(source=source, requests=3).name
    bench.remote.clock.advance(700)
    [page] = bench.listed()
    listed, alone = parse_job(page.jobs[0].body), bench.read(name)

    assert (wants_get(listed), wants_get(alone)) == (source == "inline", False)
    assert alone.output == ("inline" if source == "inline" else listed.output)


@pytest.mark.parametrize("outcome", ["fail", "stuck", "run"])
def test_an_inline_job_without_success_is_not_asked_for(bench: Bench, outcome: Any) -> None:
    bench.remote.add_job(source="inline", outcome=outcome)
    bench.remote.clock.advance(700)
    [page] = bench.listed()

    assert not wants_get(parse_job(page.jobs[0].body))


def test_inline_results_are_left_out_of_what_is_stored(bench: Bench) -> None:
    name = bench.remote.add_job(source="inline", requests=50).name
    bench.remote.clock.advance(700)
    body = bench.get(name).body

    slim = without_results(body)

    assert (len(slim) < 900, len(body) > 20_000) == (True, True)
    assert parse_job(slim) == parse_job(body)
    assert without_results(slim) == slim


@pytest.mark.parametrize("body", [b"[]", b"<p>", b'{"metadata": 5}', b'{"response": {"responsesFile": "files/a"}}'])
def test_what_holds_no_results_is_stored_as_it_came(body: bytes) -> None:
    assert without_results(body) == body


def test_times_have_nine_digits_and_no_start(bench: Bench) -> None:
    name = bench.remote.add_job(created=CREATED.replace(microsecond=123456)).name

    assert json.loads(bench.get(name).body)["metadata"]["createTime"] == "2026-03-01T10:00:00.123456192Z"
    assert bench.read(name).created_at == CREATED.replace(microsecond=123456)
    assert bench.read(name).started_at is None


@pytest.mark.parametrize(
    ("metadata", "expires"),
    [
        ({"state": "BATCH_STATE_PENDING"}, CREATED + timedelta(hours=48)),
        ({"state": "BATCH_STATE_RUNNING"}, CREATED + timedelta(hours=48)),
        ({"state": "BATCH_STATE_SUCCEEDED", "output": {"responsesFile": "files/x"}}, CREATED + timedelta(hours=49)),
        ({"state": "BATCH_STATE_SUCCEEDED", "output": {"inlinedResponses": {}}}, None),
        ({"state": "BATCH_STATE_FAILED"}, None),
    ],
)
def test_live_jobs_and_results_files_expire(metadata: dict[str, Any], expires: datetime | None) -> None:
    times = {"createTime": "2026-03-01T10:00:00Z", "endTime": "2026-03-01T11:00:00Z"}

    assert read({**times, **metadata}).expires_at == expires


def test_a_model_is_called_without_its_collection() -> None:
    assert [read({"model": model}).model for model in ("models/gemini-2.5-pro", "tunedModels/mine", 5)] == [
        "gemini-2.5-pro",
        "tunedModels/mine",
        "5",
    ]
