"""Answers made to hurt: too slow, too large, or unfolding in memory."""

import gzip
import tracemalloc

import pytest
from werkzeug.wrappers import Response

from jobs.credentials import Credential
from jobs.providers import deadline, gemini, unpacking
from jobs.providers.base import Account, ProviderError, RefusedError, TransientError, open_gate
from jobs.providers.wire import Wire, shared_client
from tests.dripping import HEAD, dripping

from .harness import Bench, in_process


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (HEAD + b"X-Long: ", b"a"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
    ],
    ids=["header", "hints", "chunk"],
)
def test_an_answer_that_never_begins_is_left(first: bytes, drop: bytes) -> None:
    with dripping(first, drop) as url, pytest.raises(TransientError, match="did not answer in time"):
        Wire(url, dict, open_gate, shared_client(), patience=0.3).get("/v1beta/batches")


def test_the_earlier_of_two_deadlines_holds() -> None:
    with dripping(HEAD + b"X-Long: ", b"a") as url, deadline.within(0.3), pytest.raises(TransientError):
        Wire(url, dict, open_gate, shared_client()).get("/v1beta/batches")


def bombs() -> list[tuple[str, bytes]]:
    """300 MB in some hundred bytes, the second packed thrice."""
    packed = gzip.compress(bytes(300_000_000), compresslevel=1)
    return [("gzip", packed), ("gzip, gzip, gzip", gzip.compress(gzip.compress(packed)))]


@pytest.mark.parametrize(("encoding", "body"), bombs(), ids=["once", "thrice"])
def test_a_packed_bomb_is_not_unfolded(bench: Bench, encoding: str, body: bytes) -> None:
    client = in_process(Response(body, headers={"Content-Encoding": encoding}))
    tracemalloc.start()
    with pytest.raises(RefusedError):
        bench.connect(client=client).list_page()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 2.5 * unpacking.A_LIST.size


def test_a_packed_answer_is_read(bench: Bench) -> None:
    body = gzip.compress(b'{"%s": [{"name": "a"}]}' % bench.list_key.encode())
    client = in_process(Response(body, headers={"Content-Encoding": "gzip"}))

    assert [job.name for job in bench.connect(client=client).list_page().jobs] == ["a"]


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"{}")[:-12]], ids=["other", "cut"])
def test_a_damaged_packing_is_asked_for_again(bench: Bench, body: bytes) -> None:
    client = in_process(Response(body, headers={"Content-Encoding": "gzip"}))

    with pytest.raises(TransientError):
        bench.connect(client=client).list_page()


@pytest.mark.parametrize(
    "page",
    [
        '{"KEY": [%s{}]}' % ("{}," * 3_000_000),
        '{"KEY": [%s{}]}' % ("{}," * 10_000),
        '{"KEY": [], "nextPageToken": "%s"}' % ("a" * 8_001),
    ],
    ids=["values", "jobs", "token"],
)
def test_a_page_of_far_too_much_is_refused(bench: Bench, page: str) -> None:
    client = in_process(Response(page.replace("KEY", bench.list_key)))

    with pytest.raises(ProviderError, match="far larger than a"):
        bench.connect(client=client).list_page()


def test_a_name_cannot_leave_its_place_in_the_path() -> None:
    provider = gemini.Gemini(Account(Credential("api_key", "key")), client=in_process(Response("{}")))

    for name in ("batches/..", "batches/%2e%2e", "batches/a?b", "batches/a#b", "batches/a/b", "files/a", "batches/a\n"):
        with pytest.raises(RefusedError, match="not one that Gemini can be asked for"):
            provider.get(name)
