"""Result lines: exact counts, and any range of them is what the whole has there."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.simulator.accounts import GeminiAccount, VertexAccount
from jobs.simulator.jobs import SimJob
from jobs.simulator.results import Lines
from tests.fixtures_simulator import NOON


def lines_of(requests: int, failed: int, kind: Any = "gemini") -> Lines:
    job = SimJob("batches/a", kind, "a", "models/gemini-2.5-flash", requests, NOON, f"seed-{kind}", failed=failed)
    return Lines(job, requests)


@given(
    requests=st.integers(1, 400),
    failed=st.integers(0, 400),
    kind=st.sampled_from(["gemini", "vertex"]),
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_any_range_is_a_piece_of_the_whole(requests: int, failed: int, kind: str, ends: tuple[float, float]) -> None:
    lines = lines_of(requests, failed, kind)
    whole = b"".join(lines.line(number) for number in range(requests))
    start, stop = sorted(int(end * lines.size) for end in ends)

    assert lines.size == len(whole)
    assert b"".join(lines.chunks(start, stop)) == whole[start:stop]


@pytest.mark.parametrize("kind", ["gemini", "vertex"])
def test_every_key_comes_once_and_failures_are_counted(kind: str) -> None:
    lines = lines_of(1000, 37, kind)

    items = [json.loads(line) for line in b"".join(lines.chunks(0, lines.size)).splitlines()]

    assert len({item["key"] for item in items}) == 1000
    assert sum(bool(item.get("error") or item.get("status")) for item in items) == 37


def test_some_answers_are_cut_and_some_blocked() -> None:
    lines = lines_of(122, 0)

    answers = [json.loads(lines.line(number))["response"] for number in range(122)]

    reasons = [answer["candidates"][0]["finishReason"] for answer in answers if "candidates" in answer]
    assert (reasons.count("MAX_TOKENS"), reasons.count("STOP"), 122 - len(reasons)) == (2, 118, 2)


@pytest.mark.parametrize("prefix", ["/v1beta", "/download/v1beta"])
def test_a_download_is_whole_or_a_range(gemini_account: GeminiAccount, gemini_http: httpx.Client, prefix: str) -> None:
    job = gemini_account.add_job(requests=30, queue_seconds=0, run_seconds=0)
    path = f"{prefix}/{job.output_name}:download?alt=media"
    whole = gemini_http.get(path)

    part = gemini_http.get(path, headers={"Range": "bytes=5-9"})

    assert (whole.status_code, len(whole.content.splitlines())) == (200, 30)
    assert (part.status_code, part.content) == (206, whole.content[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(whole.content)}"


def test_past_the_end_is_416(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    job = gemini_account.add_job(queue_seconds=0, run_seconds=0)

    answer = gemini_http.get(f"/v1beta/{job.output_name}:download", headers={"Range": "bytes=999999999-"})

    assert answer.status_code == 416


def test_output_files_expire_after_48_hours(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    job = gemini_account.add_job(queue_seconds=0, run_seconds=0)
    gemini_account.clock.advance(48 * 3600)

    assert gemini_http.get(f"/v1beta/{job.output_name}:download").status_code == 403
    assert gemini_http.get(f"/v1beta/{job.name}").json()["metadata"]["state"] == "BATCH_STATE_SUCCEEDED"


def test_results_can_be_given_by_hand(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    job = gemini_account.add_job(queue_seconds=0, run_seconds=0, content=b'{"key": "a"}\n{"key"')

    assert gemini_http.get(f"/v1beta/{job.output_name}:download").content == b'{"key": "a"}\n{"key"'


def test_objects_can_be_given_by_hand(vertex_account: VertexAccount, vertex_http: httpx.Client) -> None:
    vertex_account.storage.put("in/own:file.jsonl", b"mine")

    answer = vertex_http.get(f"/storage/v1/b/{vertex_account.bucket}/o/in%2Fown%3Afile.jsonl?alt=media")

    assert answer.content == b"mine"


def test_outputs_outlive_their_job(vertex_account: VertexAccount, vertex_http: httpx.Client) -> None:
    job = vertex_account.add_job(requests=7, queue_seconds=0, run_seconds=0)
    vertex_http.delete(f"/v1/{job.name}")

    listed = vertex_http.get(f"/storage/v1/b/{vertex_account.bucket}/o", params={"prefix": "out/"}).json()

    assert [item["name"].rsplit("/", 1)[-1] for item in listed["items"]] == ["predictions.jsonl"]


def test_a_cancelled_vertex_job_leaves_what_it_had(vertex_account: VertexAccount, vertex_http: httpx.Client) -> None:
    job = vertex_account.add_job(
        requests=100, queue_seconds=0, run_seconds=1000, cancel_at=NOON + timedelta(seconds=495)
    )
    vertex_account.clock.advance(500)

    [name] = vertex_account.storage.names("out/", "")
    lines = vertex_http.get(f"/storage/v1/b/{vertex_account.bucket}/o/{name}?alt=media").content.splitlines()

    stats = vertex_http.get(f"/v1/{job.name}").json()["completionStats"]
    assert (len(lines), stats) == (50, {"successfulCount": "50", "incompleteCount": "50"})
