"""Whatever a provider sends: no exception, no lost job, and nothing a database could refuse (issue 2, point 4)."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.models import BatchJob
from jobs.providers import PROVIDERS
from jobs.providers.base import RemoteJob, TransientError
from jobs.providers.listing import LONGEST_TOKEN, raw_job, read_page
from jobs.providers.wire import Answer
from jobs.states import State, grade
from jobs.sync.rows import observe, values

from .harness import MAKERS
from .hostile import JOBS, anything, encoded, paths, twisted_jobs

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 4, tzinfo=UTC)
LIST_KEYS = {"gemini": "operations", "vertex": "batchPredictionJobs"}
DEEP = "[" * 5000 + "]" * 5000
quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
each_provider = pytest.mark.parametrize("provider", PROVIDERS)


def test_every_provider_has_a_realistic_job_and_a_list_key() -> None:
    assert set(JOBS) == set(LIST_KEYS) == set(PROVIDERS) == set(MAKERS)


def assert_storable(job: RemoteJob) -> None:
    """Every value fits its column on SQLite and PostgreSQL, and so do the columns made of them."""
    for name, value in asdict(job).items():
        if name not in ("counts", "reported", "name", "labels"):
            assert_fits(name, value)
    assert_fits("name", job.name)
    assert job.name.strip() and isinstance(job.reported, State)
    for number in asdict(job.counts).values():
        assert number is None or 0 <= number < 2**63
    for label in (*job.labels, *job.labels.values()):
        assert_clean(label, 64)
    row = values(observe(job, b"", None, at=AT), first_seen=AT, at=AT)
    assert all(-1 <= number < 2**63 for number in row if type(number) is int and number != job.error_code)


def assert_fits(name: str, value: Any) -> None:
    field: models.Field[Any, Any] = BatchJob._meta.get_field(name)  # type: ignore[assignment]
    if isinstance(value, str):
        assert_clean(value, field.max_length or 4000)
    elif isinstance(value, datetime):
        assert value.utcoffset() == timedelta(0) and EARLIEST <= value <= LATEST
    else:
        assert value is None or (type(value) is int and abs(value) < 2**31)


def assert_clean(value: str, limit: int) -> None:
    assert len(value) <= limit and "\0" not in value
    value.encode()


def page_of(provider: str, body: bytes) -> list[RemoteJob]:
    """The jobs of a list answer, each checked to be called the same in the list and alone."""
    page = read_page(Answer(body, 0.0, None), LIST_KEYS[provider])
    parsed = [PROVIDERS[provider].parse_job(job.body) for job in page.jobs]
    assert [job.name for job in page.jobs] == [job.name for job in parsed]
    return parsed


@each_provider
@quick
@given(data=st.data())
def test_a_job_with_anything_anywhere_can_be_stored(provider: str, data: st.DataObject) -> None:
    job = PROVIDERS[provider].parse_job(encoded(data.draw(twisted_jobs(provider))))

    assert_storable(job)
    assert grade(job.reported, job.counts) in State


@each_provider
@quick
@given(value=anything)
def test_any_json_at_all_is_read_as_some_job(provider: str, value: Any) -> None:
    assert_storable(PROVIDERS[provider].parse_job(encoded(value)))


@each_provider
@quick
@given(body=st.binary(max_size=200))
def test_any_bytes_at_all_are_read_as_some_job(provider: str, body: bytes) -> None:
    assert_storable(PROVIDERS[provider].parse_job(body))


@each_provider
@quick
@given(body=st.binary(max_size=100), place=st.integers(0, 400))
def test_a_damaged_job_is_read_as_some_job(provider: str, body: bytes, place: int) -> None:
    whole = encoded(JOBS[provider])

    assert_storable(PROVIDERS[provider].parse_job(whole[:place] + body + whole[place + len(body) :]))


@each_provider
@quick
@given(data=st.data())
def test_as_many_jobs_come_out_of_a_page_as_went_in(provider: str, data: st.DataObject) -> None:
    items = data.draw(st.lists(twisted_jobs(provider) | anything, max_size=4))
    token = data.draw(anything.filter(lambda value: len(str(value)) <= LONGEST_TOKEN))
    body = encoded({LIST_KEYS[provider]: items, "nextPageToken": token, "more": data.draw(anything)})

    jobs = page_of(provider, body)

    assert len(jobs) == len(items)
    for job in jobs:
        assert_storable(job)


@each_provider
@quick
@given(body=st.binary(max_size=200) | anything.map(encoded))
def test_what_is_no_list_is_trouble_that_passes(provider: str, body: bytes) -> None:
    try:
        jobs = page_of(provider, body)
    except TransientError as error:
        assert str(error) == "The provider's answer is not a list of jobs; it is asked again later."
    else:
        assert jobs == []


@each_provider
@pytest.mark.parametrize(
    "literal", [DEEP, "NaN", "-Infinity", "1e999", "9" * 5000, r'"\ud800"', r'"\u0000"', '"\\ud83d\\ude00"', '"\x01"']
)
def test_one_odd_literal_costs_one_value_and_no_job(provider: str, literal: str) -> None:
    plain = json.dumps(JOBS[provider])
    odd = f'{{"odd": {literal}, {plain[1:]}'

    jobs = page_of(provider, f'{{"{LIST_KEYS[provider]}": [{plain}, {odd}, {plain}]}}'.encode())

    expected = PROVIDERS[provider].parse_job(plain.encode())
    assert jobs == [expected] * 3


@each_provider
def test_bytes_that_are_no_text_cost_one_value_and_no_job(provider: str) -> None:
    plain = encoded(JOBS[provider])
    odd = plain.replace(b"nightly", b"n\xff\xfe")

    [job] = page_of(provider, b'\xef\xbb\xbf{"' + LIST_KEYS[provider].encode() + b'": [' + odd + b"]}")

    assert (job.name, job.display_name[:3]) == (JOBS[provider]["name"], "n\ufffd\ufffd")


@each_provider
@pytest.mark.parametrize("value", [None, [], {}, 5, "x", -1, "é" * 10_000, [[{}]], {"a": {"a": 1}}, 2**70, 1e300])
def test_the_wrong_type_at_every_key_in_turn(provider: str, value: Any) -> None:
    for path in paths(JOBS[provider]):
        twisted = json.loads(json.dumps(JOBS[provider]))
        place = twisted
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        assert_storable(PROVIDERS[provider].parse_job(encoded(twisted)))


@each_provider
@pytest.mark.parametrize("number", [2**63 - 1, str(2**63 - 1), "9" * 5000, 1e18])
def test_the_largest_numbers_everywhere_can_be_stored(provider: str, number: Any) -> None:
    stats = dict.fromkeys([path[-1] for path in paths(JOBS[provider]) if path[-1].endswith("Count")], number)
    job = {**JOBS[provider], "completionStats": stats}
    job["metadata"] = {**job.get("metadata", {}), "batchStats": stats}

    assert_storable(PROVIDERS[provider].parse_job(encoded(job)))


@quick
@given(name=anything)
def test_a_name_stays_the_same_and_apart_from_others(name: Any) -> None:
    body, other = encoded({"name": name}), encoded({"name": [name, "other"], "x": 1})

    assert raw_job(body) == raw_job(body)
    assert raw_job(body).name != raw_job(other).name


def test_long_names_that_differ_at_the_end_stay_apart() -> None:
    names = {raw_job(encoded({"name": "batches/" + "x" * 10_000 + end})).name for end in ("a", "b", "\x00", "\ufffd")}

    assert (len(names), max(map(len, names)) <= 300) == (4, True)
