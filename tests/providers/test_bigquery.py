"""Results in BigQuery: every cell as JSON, tables that change or are dropped, reading on from a row."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.providers.base import GoneError, Part, Provider, RefusedError, ResultPlace, ResultsChanged, UnaskableError
from jobs.providers.bigquery import row_line
from jobs.simulator.accounts import VertexAccount
from jobs.simulator.app import Simulator

from .harness import Bench, vertex_bench
from .places import vertex_table

FIELDS: list[dict[str, Any]] = [
    {"name": "key", "type": "STRING", "mode": "NULLABLE"},
    {"name": "request", "type": "JSON"},
    {"name": "response", "type": "STRING"},
    {"name": "n", "type": "INTEGER"},
    {"name": "x", "type": "FLOAT"},
    {"name": "good", "type": "BOOLEAN"},
    {"name": "at", "type": "TIMESTAMP"},
    {"name": "tags", "type": "STRING", "mode": "REPEATED"},
    {"name": "who", "type": "RECORD", "fields": [{"name": "id", "type": "INT64"}, {"name": "name", "type": "STRING"}]},
    {"name": "price", "type": "NUMERIC"},
]
RECORD = {"f": [{"v": "7"}, {"v": None}]}
FULL = ["a", '{"x": 1.50,\n "x": 2}', '{"candidates":[]}', "9007199254740993", "1.5E3", "true", "1772359528376000"]
ROW = [*FULL, [{"v": "p"}, {"v": 'q"'}], RECORD, "0.10"]
EMPTY: list[Any] = [None, None, "not JSON", None, "NaN", "false", "1.772359528376E9", [], None, None]


@pytest.fixture
def bench(simulator: Simulator) -> Bench:
    return vertex_bench(simulator)


@pytest.fixture
def account(bench: Bench) -> VertexAccount:
    assert isinstance(bench.remote, VertexAccount)
    return bench.remote


def table(account: VertexAccount, name: str = "t") -> ResultPlace:
    return ResultPlace("x", f"bq://{account.cloud_project}.d.{name}")


def only_part(provider: Provider, account: VertexAccount) -> Part:
    (part,) = provider.parts(table(account))
    return part


def test_every_cell_is_json_and_json_stays_as_it_is(bench: Bench, account: VertexAccount) -> None:
    account.storage.put_table("d", "t", FIELDS, [ROW, EMPTY])
    provider = bench.connect()

    first, second = b"".join(provider.stream(only_part(provider, account))).splitlines()

    assert first.decode() == (
        '{"key":"a","request":{"x": 1.50,"x": 2},"response":{"candidates":[]},"n":9007199254740993,"x":1.5E3,'
        '"good":true,"at":"2026-03-01T10:05:28.376000+00:00","tags":["p","q\\""],"who":{"id":7,"name":null},'
        '"price":"0.10"}'
    )
    assert json.loads(second) == dict.fromkeys([field["name"] for field in FIELDS]) | {
        "response": "not JSON",
        "x": "NaN",
        "good": False,
        "at": "2026-03-01T10:05:28.376000+00:00",
        "tags": [],
    }


def test_an_empty_table_is_an_empty_result(bench: Bench, account: VertexAccount) -> None:
    account.storage.put_table("d", "t", FIELDS, [])
    provider = bench.connect()

    assert list(provider.stream(only_part(provider, account))) == []


def test_reading_on_begins_at_the_page_that_was_cut(simulator: Simulator) -> None:
    place = vertex_table(simulator)
    provider, part = place.provider(), place.part()
    stream = provider.stream(part)
    first = next(stream) + next(stream)
    place.bench.remote.journal.clear()

    rest = b"".join(provider.stream(part, len(first)))

    assert first + rest == place.read()
    asked = [entry.query for entry in place.bench.remote.journal if entry.path.endswith("/data")]
    assert ("startIndex=2000" in asked[0], "pageToken" in asked[0]) == (True, False)


def test_a_table_that_changed_is_read_anew_only(bench: Bench, account: VertexAccount) -> None:
    account.storage.put_table("d", "t", FIELDS, [ROW])
    provider = bench.connect()
    part = only_part(provider, account)
    account.clock.advance(1)
    account.storage.put_table("d", "t", FIELDS, [ROW, ROW])

    with pytest.raises(ResultsChanged):
        list(provider.stream(part, 5))


def test_a_dropped_table_is_gone(bench: Bench, account: VertexAccount) -> None:
    with pytest.raises(GoneError):
        bench.connect().parts(table(account))


def test_a_closed_dataset_is_declined(bench: Bench, account: VertexAccount) -> None:
    account.storage.put_table("d", "t", FIELDS, [ROW])
    account.storage.closed = True

    with pytest.raises(RefusedError, match=r"^This credential may not read the place of the results"):
        bench.connect().parts(table(account))


@pytest.mark.parametrize("output", ["bq://", "bq://p", "bq://p.d", "bq://p.d.t/../x", "bq://p/x.d.t", "bq://p.d.t#1"])
def test_an_odd_address_makes_no_request(bench: Bench, output: str) -> None:
    with pytest.raises(UnaskableError):
        bench.connect().parts(ResultPlace("x", output))
    assert bench.remote.journal.count() == 0


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=20) | st.sampled_from(["1e5", "007"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["f", "v", "x"]), inner, max_size=3),
    max_leaves=15,
)


@given(cells=st.lists(st.fixed_dictionaries({"v": ANYTHING}) | ANYTHING, max_size=12) | ANYTHING)
def test_any_row_is_one_line_of_json(cells: Any) -> None:
    line = row_line(FIELDS, {"f": cells})

    assert (line.count(b"\n"), list(json.loads(line))) == (1, [field["name"] for field in FIELDS])
