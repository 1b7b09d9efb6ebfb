"""Realistic jobs with anything at all put anywhere: what hypothesis draws for the property tests."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

JOBS: dict[str, dict[str, Any]] = {
    "gemini": {
        "name": "batches/4ab0123456789abcdefghijklmnopqrstuvw",
        "metadata": {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
            "name": "batches/4ab0123456789abcdefghijklmnopqrstuvw",
            "model": "models/gemini-2.5-flash",
            "displayName": "nightly-eval",
            "inputConfig": {"fileName": "files/ab12cd34ef56"},
            "output": {"responsesFile": "files/batch-4ab", "inlinedResponses": {"inlinedResponses": []}},
            "createTime": "2026-03-01T10:00:00.123456789Z",
            "endTime": "2026-03-01T10:21:40.5Z",
            "updateTime": "2026-03-01T10:21:40.512345678Z",
            "batchStats": {
                "requestCount": "4",
                "successfulRequestCount": "2",
                "failedRequestCount": "1",
                "pendingRequestCount": "1",
            },
            "state": "BATCH_STATE_RUNNING",
        },
        "done": True,
        "response": {"responsesFile": "files/batch-4ab"},
        "error": {"code": 13, "message": "Internal error encountered."},
    },
    "vertex": {
        "name": "projects/123456789/locations/us-central1/batchPredictionJobs/4857203948572039485",
        "displayName": "nightly",
        "model": "publishers/google/models/gemini-2.5-flash",
        "inputConfig": {
            "gcsSource": {"uris": ["gs://b/in.jsonl"]},
            "bigquerySource": {"inputUri": "bq://p.d.t"},
            "vertexMultimodalDatasetSource": {"datasetName": "d"},
        },
        "outputConfig": {
            "gcsDestination": {"outputUriPrefix": "gs://b/out"},
            "bigqueryDestination": {"outputUri": "bq://p"},
        },
        "outputInfo": {"bigqueryOutputDataset": "bq://p.d", "bigqueryOutputTable": "t", "gcsOutputDirectory": "gs://x"},
        "state": "JOB_STATE_RUNNING",
        "completionStats": {"successfulCount": "95", "failedCount": "5", "incompleteCount": "-1"},
        "error": {"code": 9, "message": "…", "details": []},
        "labels": {"team": "search"},
        "createTime": "2026-03-01T10:00:00Z",
        "startTime": "2026-03-01T10:05:00Z",
        "endTime": "2026-03-01T10:20:00Z",
        "updateTime": "2026-03-01T10:20:00Z",
    },
}
REMOVED = object()
LARGEST = 2**63 - 1

odd_text = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["\x00", "a\x00b", "\ud800", "x\udfffy", "", " ", "\n", "é" * 10_000, "<b>&", "\u202e", "…", "NaN"]
    ),
    st.text(st.characters(codec=None), max_size=20),
)
odd_number = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([-1, 0, LARGEST, LARGEST + 1, -LARGEST, 2**31, 2**31 - 1, 10**400, 1e308, float("inf"), True]),
)
odd_count = st.sampled_from([str(LARGEST), str(LARGEST + 1), "-5", "1.5", "1e3", " 7 ", "1_0", "٣", "9" * 5000, ""])
odd_time = st.one_of(
    st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    st.sampled_from(
        [
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "2199-12-31T23:59:59Z",
            "2026-03-01",
            "2026-W09-7",
            "20260301T100000",
            "2026-03-01T10:00:00.123456789123456789Z",
            "2026-03-01T23:59:60Z",
            "-2026-03-01T10:00:00Z",
        ]
    ),
)
scalar = st.one_of(st.none(), st.booleans(), odd_number, odd_count, odd_time, odd_text)
anything = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(odd_text, inner, max_size=4), max_leaves=8
)


def paths(value: Any, start: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Of every key at every level."""
    if not isinstance(value, dict):
        return [start]
    below = [path for key, item in value.items() for path in paths(item, (*start, key))]
    return ([start] if start else []) + below


def changed(job: dict[str, Any], changes: dict[tuple[str, ...], Any]) -> dict[str, Any]:
    """``job`` with other values (or REMOVED) at ``changes``; what a change above took away stays away."""
    result = deepcopy(job)
    for (*above, key), value in changes.items():
        place: Any = result
        for step in above:
            place = place.get(step) if isinstance(place, dict) else None
        if isinstance(place, dict) and value is REMOVED:
            place.pop(key, None)
        elif isinstance(place, dict):
            place[key] = value
    return result


def twisted_jobs(provider: str) -> st.SearchStrategy[dict[str, Any]]:
    """A realistic job with up to 6 keys changed or removed."""
    job = JOBS[provider]
    change = st.dictionaries(st.sampled_from(paths(job)), anything | st.just(REMOVED), max_size=6)
    return change.map(lambda changes: changed(job, changes))


def encoded(value: Any) -> bytes:
    """JSON with everything Python can write in it: NaN, Infinity, lone surrogates."""
    return json.dumps(value).encode()
