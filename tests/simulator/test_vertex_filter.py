"""The list filter of Vertex AI."""

import pytest

from jobs.simulator.vertex_filter import parse
from jobs.simulator.wire import WireError

JOB = {
    "displayName": "nightly-eval",
    "state": "JOB_STATE_RUNNING",
    "createTime": "2026-11-22T12:00:00Z",
    "labels": {"team": "search"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ('state="JOB_STATE_RUNNING"', True),
        ('state!="JOB_STATE_RUNNING"', False),
        ('display_name:"nightly*"', True),
        ('create_time>"2026-11-22T11:59:59Z"', True),
        ('create_time<="2026-11-22T11:59:59Z"', False),
        ("labels.team=search", True),
        ("labels.owner:*", False),
        ('state="JOB_STATE_PENDING" OR labels.team:*', True),
        ('state="JOB_STATE_RUNNING" AND NOT labels.team=search', False),
        ('NOT (state="JOB_STATE_PENDING" OR display_name="x")', True),
        ('state!="JOB_STATE_SUCCEEDED" AND state!="JOB_STATE_FAILED"', True),
    ],
)
def test_a_filter_is_understood(text: str, expected: bool) -> None:
    assert parse(text)(JOB) is expected


@pytest.mark.parametrize("text", ["state", "AND", "(state=x", "colour=red", 'create_time>"soon"', "state=x state=y"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(WireError) as refused:
        parse(text)(JOB)
    assert refused.value.status == 400
