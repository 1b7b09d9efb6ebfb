"""The life of a simulated job is a function of time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.simulator.jobs import SimJob

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
OUTCOMES = ("succeed", "partial", "fail", "all_failed", "stuck", "expire", "unknown", "run")


def job(**fields: Any) -> SimJob:
    known: dict[str, Any] = {"name": "batches/a", "kind": "gemini", "display_name": "a", "model": "models/m"}
    return SimJob(**(known | {"requests": 100, "created": START, "seed": "s"} | fields))


def phases(of: SimJob, *hours: float) -> list[str]:
    return [of.snapshot(START + timedelta(hours=hour)).phase for hour in hours]


def counts(of: SimJob, seconds: float) -> tuple[int, int]:
    seen = of.snapshot(START + timedelta(seconds=seconds))
    return seen.succeeded, seen.failed


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("succeed", ["PENDING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]),
        ("partial", ["PENDING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]),
        ("fail", ["PENDING", "RUNNING", "FAILED", "FAILED"]),
        ("all_failed", ["PENDING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]),
        ("stuck", ["PENDING", "PENDING", "PENDING", "EXPIRED"]),
        ("expire", ["PENDING", "RUNNING", "RUNNING", "EXPIRED"]),
        ("unknown", ["PENDING", "REBALANCING", "REBALANCING", "REBALANCING"]),
        ("run", ["PENDING", "RUNNING", "RUNNING", "EXPIRED"]),
    ],
)
def test_a_gemini_job_lives_as_its_outcome_says(outcome: str, expected: list[str]) -> None:
    assert phases(job(outcome=outcome), 0, 0.1, 1, 48) == expected


def test_a_vertex_job_waits_72_hours_at_most() -> None:
    assert phases(job(kind="vertex", outcome="expire"), 71.9, 72) == ["PENDING", "EXPIRED"]


def test_a_vertex_job_runs_24_hours_at_most() -> None:
    assert phases(job(kind="vertex", outcome="run", queue_seconds=3600), 24.9, 25) == ["RUNNING", "EXPIRED"]


def test_counts_follow_the_run() -> None:
    partial = job(outcome="partial", failed=10)

    assert [counts(partial, at) for at in (60, 360, 660)] == [(0, 0), (45, 5), (90, 10)]


def test_every_request_of_all_failed_fails() -> None:
    assert counts(job(outcome="all_failed"), 3600) == (0, 100)


def test_a_cancelled_vertex_job_says_cancelling_first() -> None:
    cancelled = job(kind="vertex", cancel_at=START + timedelta(hours=0.1), cancel_seconds=60)

    assert phases(cancelled, 0.1, 0.11, 0.12) == ["CANCELLING", "CANCELLING", "CANCELLED"]


def test_a_cancel_can_come_too_late() -> None:
    late = job(cancel_at=START + timedelta(seconds=658), cancel_seconds=5)

    assert phases(late, 1) == ["SUCCEEDED"]


@given(
    outcome=st.sampled_from(OUTCOMES),
    kind=st.sampled_from(["gemini", "vertex"]),
    requests=st.integers(0, 300_000),
    failed=st.integers(0, 400_000),
    moments=st.lists(st.floats(0, 400_000), min_size=2, max_size=6),
)
def test_counts_only_grow_and_never_exceed_the_requests(
    outcome: str, kind: str, requests: int, failed: int, moments: list[float]
) -> None:
    any_job = job(outcome=outcome, kind=kind, requests=requests, failed=failed, run_seconds=7200)

    seen = [counts(any_job, moment) for moment in sorted(moments)]

    assert [pair[0] for pair in seen] == sorted(pair[0] for pair in seen)
    assert [pair[1] for pair in seen] == sorted(pair[1] for pair in seen)
    assert sum(seen[-1]) <= requests
