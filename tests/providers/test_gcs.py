"""Results in Cloud Storage: folders of shards, names of all kinds, closed buckets, objects that change."""

from typing import Any

import httpx
import pytest
from werkzeug.wrappers import Response

from jobs.providers.base import GoneError, RefusedError, ResultPlace, ResultsChanged, TransientError, UnaskableError
from jobs.simulator.accounts import VertexAccount
from jobs.simulator.app import Simulator

from .harness import Bench, in_process, vertex_bench
from .places import vertex_bucket

FOLDER = "out/prediction-model-2026-11-22T12:00:00.000001Z"
HOSTILE = ["50%25 off.jsonl", "ä ö/ü.jsonl", "a#b?c&d.jsonl", "'\"<b>.jsonl", "..%2F.jsonl"]


@pytest.fixture
def bench(simulator: Simulator) -> Bench:
    return vertex_bench(simulator)


@pytest.fixture
def account(bench: Bench) -> VertexAccount:
    assert isinstance(bench.remote, VertexAccount)
    return bench.remote


def place(account: VertexAccount, folder: str = FOLDER) -> ResultPlace:
    return ResultPlace("projects/1/locations/l/batchPredictionJobs/1", f"gs://{account.bucket}/{folder}")


def test_all_shards_come_in_the_order_of_their_names(bench: Bench, account: VertexAccount) -> None:
    for name in ("predictions_0002.jsonl", "incremental/shard-1.jsonl", "predictions_0001.jsonl", "notes.txt"):
        account.storage.put(f"{FOLDER}/{name}", name.encode())
    account.storage.put(f"{FOLDER}-other/predictions.jsonl", b"another job's")

    parts = bench.connect().parts(place(account))

    assert [part.name for part in parts] == [
        "incremental/shard-1.jsonl",
        "predictions_0001.jsonl",
        "predictions_0002.jsonl",
    ]
    assert [b"".join(bench.connect().stream(part)) for part in parts] == [part.name.encode() for part in parts]


def test_names_of_all_kinds_are_read(bench: Bench, account: VertexAccount, base_url: str) -> None:
    for name in HOSTILE:
        account.storage.put(f"{FOLDER}/{name}", name.encode())

    with httpx.Client() as client:
        provider = bench.on_port(base_url).connect(client=client)
        found = {part.name: b"".join(provider.stream(part)) for part in provider.parts(place(account))}

    assert found == {name: name.encode() for name in HOSTILE}


def test_a_long_list_is_followed_over_its_pages(bench: Bench, account: VertexAccount) -> None:
    for number in range(1001):
        account.storage.put(f"{FOLDER}/shard-{number:05}.jsonl", b"")

    assert len(bench.connect().parts(place(account))) == 1001


def test_a_folder_that_holds_nothing_has_no_parts(bench: Bench, account: VertexAccount) -> None:
    assert bench.connect().parts(place(account)) == []
    assert bench.connect().parts(ResultPlace("x", "")) == []


def test_a_missing_bucket_is_gone(bench: Bench) -> None:
    with pytest.raises(GoneError):
        bench.connect().parts(ResultPlace("x", "gs://no-such-bucket/out"))


def test_a_closed_bucket_is_declined_and_the_credential_stays_good(bench: Bench, account: VertexAccount) -> None:
    account.storage.put(f"{FOLDER}/a.jsonl", b"x")
    (part,) = bench.connect().parts(place(account))
    account.storage.closed = True

    for ask in (lambda: bench.connect().parts(place(account)), lambda: list(bench.connect().stream(part))):
        with pytest.raises(RefusedError, match=r"^This credential may not read the place of the results \(batch@"):
            ask()


def test_a_limit_told_as_403_passes(bench: Bench, account: VertexAccount) -> None:
    body = {"error": {"code": 403, "message": "Slow down", "errors": [{"reason": "rateLimitExceeded"}]}}
    account.faults.set(status=403, body=body)

    with pytest.raises(TransientError, match="limits our requests"):
        bench.connect().parts(place(account))


def test_an_object_replaced_meanwhile_is_not_read_on(bench: Bench, account: VertexAccount) -> None:
    account.storage.put(f"{FOLDER}/a.jsonl", b"first")
    (part,) = bench.connect().parts(place(account))
    account.clock.advance(1)
    account.storage.put(f"{FOLDER}/a.jsonl", b"other")

    with pytest.raises(GoneError):
        list(bench.connect().stream(part, 2))


def test_a_plain_404_of_somebody_between_makes_nothing_gone(simulator: Simulator) -> None:
    bucket = vertex_bucket(simulator)
    part = bucket.part()
    bucket.bench.remote.faults.set(status=404, body="Not Found", path="/o/", times=1)

    with pytest.raises(TransientError):
        list(bucket.provider().stream(part))


@pytest.mark.parametrize(
    ("status", "told"), [(206, "bytes 3-4/5"), (206, "bytes 1-4/9"), (206, ""), (200, ""), (416, "")]
)
def test_another_piece_than_was_asked_for_is_not_taken(
    bench: Bench, account: VertexAccount, status: int, told: str
) -> None:
    account.storage.put(f"{FOLDER}/a.jsonl", b"12345")
    (part,) = bench.connect().parts(place(account))
    client = in_process(Response(b"45", status, {"Content-Range": told} if told else {}))

    with pytest.raises((ResultsChanged, TransientError)):
        list(bench.connect(client=client).stream(part, 1))


def test_nothing_is_left_behind_the_last_byte(bench: Bench, account: VertexAccount) -> None:
    account.storage.put(f"{FOLDER}/a.jsonl", b"12345")
    (part,) = bench.connect().parts(place(account))

    assert list(bench.connect().stream(part, 5)) == []


@pytest.mark.parametrize("output", ["gs://", "gs://b", "gs://../x/y", "gs://a/", "s3://bucket/x", "C:\\x", "gs://A/x"])
def test_an_odd_address_makes_no_request(bench: Bench, output: str) -> None:
    with pytest.raises(UnaskableError):
        bench.connect().parts(ResultPlace("x", output))
    assert bench.remote.journal.count() == 0


def test_requests_are_found_by_their_files_and_patterns(bench: Bench, account: VertexAccount) -> None:
    for name in ("in/a-1.jsonl", "in/a-2.jsonl", "in/b.jsonl", "in/b.jsonl.bak"):
        account.storage.put(name, b"x")

    def names(*addresses: str) -> list[str]:
        source = ", ".join(f"gs://{account.bucket}/{each}" for each in addresses)
        return [part.name for part in bench.connect().input_parts(source)]

    assert names("in/b.jsonl") == ["in/b.jsonl"]
    assert names("in/a-*.jsonl", "in/b.jsonl") == ["in/a-1.jsonl", "in/a-2.jsonl", "in/b.jsonl"]


@pytest.mark.parametrize("source", ["", "projects/1/datasets/2", "gs://bucket/" + "x" * 50 + "…"])
def test_requests_that_are_not_wholly_known_are_not_known(bench: Bench, source: str) -> None:
    assert bench.connect().input_parts(source) == []
    assert bench.connect().input_parts(", ".join(f"gs://bucket/{number}.jsonl" for number in range(20))) == []


@pytest.mark.parametrize("answer", [{"items": 5}, {"items": [None, 5, {}, {"name": 3}]}, {"items": [{"name": "x"}]}])
def test_odd_lists_make_no_odd_parts(bench: Bench, account: VertexAccount, answer: Any) -> None:
    account.faults.set(status=200, body=answer)

    try:
        assert bench.connect().parts(place(account)) == []
    except TransientError as exc:
        assert str(exc).startswith("The provider's answer is not a list of files")
