"""What every provider makes of trouble: the right kind of error, one sentence, the wait that was asked for."""

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from werkzeug.wrappers import Response

from jobs.providers.base import (
    CredentialError,
    GoneError,
    PageTokenExpired,
    Provider,
    ProviderError,
    RefusedError,
    TransientError,
    open_gate,
)
from jobs.providers.wire import Wire

from .harness import Bench, in_process

HELP = {"@type": "type.googleapis.com/google.rpc.Help", "links": []}


def both(bench: Bench) -> list[Callable[[Provider], Any]]:
    """The two ways to read: a list and one job."""
    name = bench.remote.add_job().name
    return [lambda provider: provider.list_page(), lambda provider: provider.get(name)]


def failure(call: Callable[..., Any], *given: Any) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        call(*given)
    return raised.value


def always(response: Response) -> httpx.Client:
    """A provider that gives this one answer."""
    return in_process(response)


def test_a_wrong_credential_must_be_replaced(bench: Bench) -> None:
    for read in both(bench):
        error = failure(read, bench.connect(secret="wrong"))

        assert type(error) is CredentialError
        assert str(error).endswith("): enter a valid one for the project.")


def test_a_revoked_credential_is_a_bad_one_and_no_job_is_gone(bench: Bench) -> None:
    reads = both(bench)
    bench.remote.revoke()

    assert [type(failure(read, bench.connect())) for read in reads] == [CredentialError] * 2


def test_a_list_that_is_forbidden_blames_the_project_or_the_right(bench: Bench) -> None:
    bench.remote.faults.set(status=403)

    assert str(failure(bench.connect().list_page)).endswith("): check the project and its right there.")


def test_a_missing_right_is_a_bad_credential_for_the_list_only(bench: Bench) -> None:
    reads = both(bench)
    bench.remote.faults.set(status=403)

    assert [type(failure(read, bench.connect())) for read in reads] == [CredentialError, RefusedError]


@pytest.mark.parametrize("status", [408, 429, 499, 500, 502, 503, 504])
def test_passing_trouble_is_asked_again_later(bench: Bench, status: int) -> None:
    reads = both(bench)
    bench.remote.faults.set(status=status)

    for read in reads:
        error = failure(read, bench.connect())
        assert (type(error), error.status, error.retry_after) == (TransientError, status, None)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("told", "seconds"), [("34.07s", 34.07), ("3s", 3.0), ("999999s", 3600.0)])
def test_retry_info_says_how_long_to_wait(bench: Bench, status: int, told: str, seconds: float) -> None:
    bench.remote.faults.set(status=status, retry_info=told, details=True)

    assert failure(bench.connect().list_page).retry_after == seconds


@pytest.mark.parametrize("told", ["0s", "-5s", "soon", "nans", ""])
def test_nonsense_in_retry_info_is_no_wait(bench: Bench, told: str) -> None:
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": told}
    bench.remote.faults.set(status=429, body={"error": {"code": 429, "details": [HELP, detail, None, 5]}})

    assert failure(bench.connect().list_page).retry_after is None


@pytest.mark.parametrize("told", ["120", "120.0", " 120 "])
def test_a_retry_after_header_counts_without_retry_info(bench: Bench, told: str) -> None:
    client = always(Response("{}", 429, {"Retry-After": told}))

    assert failure(bench.connect(client=client).list_page).retry_after == 120


def test_a_retry_after_header_counts_beside_an_empty_retry_info(bench: Bench) -> None:
    body = '{"error": {"details": [{"retryDelay": {"seconds": 5}}]}}'

    assert failure(bench.connect(client=always(Response(body, 429, {"Retry-After": "7"}))).list_page).retry_after == 7


def test_a_retry_after_header_may_be_a_date(bench: Bench) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)

    error = failure(bench.connect(client=always(Response("{}", 503, {"Retry-After": date}))).list_page)

    assert error.retry_after == pytest.approx(298, abs=3)


@pytest.mark.parametrize(
    "date", ["Mon, 01 Jan 2001 00:00:00 GMT", "Mon, 01 Jan 99999999999999 00:00:00 GMT", "x" * 999]
)
def test_odd_dates_in_headers_hurt_nobody(bench: Bench, date: str) -> None:
    refused = always(Response("{}", 429, {"Retry-After": date, "Date": date}))
    fine = always(Response("{}", 200, {"Date": date}))

    assert failure(bench.connect(client=refused).list_page).retry_after is None
    assert bench.connect(client=fine).list_page().jobs == []


@pytest.mark.parametrize("fault", ["non_json", "truncate", "reset"])
def test_half_an_answer_is_no_answer(bench: Bench, fault: str) -> None:
    reads = both(bench)
    getattr(bench.remote.faults, fault)()

    for read in reads:
        assert type(failure(read, bench.connect())) is TransientError


@pytest.mark.parametrize("fault", ["non_json", "truncate", "reset"])
def test_half_an_answer_over_a_real_port(bench: Bench, base_url: str, fault: str) -> None:
    reads = both(bench)
    getattr(bench.remote.faults, fault)()

    with httpx.Client(timeout=60) as client:
        provider = bench.on_port(base_url).connect(client=client)
        assert [type(failure(read, provider)) for read in reads] == [TransientError] * 2


@pytest.mark.parametrize("fault", ["truncate", "reset"])
def test_a_cut_answer_is_no_matter_of_the_address(bench: Bench, base_url: str, fault: str) -> None:
    getattr(bench.remote.faults, fault)()

    with httpx.Client() as client:
        error = failure(bench.on_port(base_url).connect(client=client).list_page)

    assert str(error) == "The connection broke before the provider's whole answer came; it is asked again."


def test_a_provider_that_hangs_is_left_after_the_timeout(bench: Bench, base_url: str) -> None:
    bench.remote.faults.hang(10)

    with httpx.Client(timeout=httpx.Timeout(60, read=0.1)) as client:
        error = failure(bench.on_port(base_url).connect(client=client).list_page)

    assert str(error) == "The provider did not answer in time; it is asked again later."


def test_an_answer_that_drips_in_is_left_when_patience_ends() -> None:
    """Each byte comes before the read timeout, the last one never."""
    wire = Wire("http://sim", dict, open_gate, always(Response(iter([b"{", b"}"]))), patience=-1)

    assert str(failure(lambda: wire.get("/"))) == "The provider's answer came in too slowly; it is asked again later."


def test_nobody_at_the_address_is_a_matter_of_the_network(bench: Bench) -> None:
    with httpx.Client(timeout=60) as client:
        error = failure(bench.on_port("http://127.0.0.1:9").connect(client=client).list_page)

    assert str(error) == (
        "The provider cannot be reached (ConnectError): check the network, and the project's address or location."
    )


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b"5", b'"x"', b"null", b"", b"[1, 2]"])
def test_an_answer_that_is_no_object_is_no_list_and_no_job(bench: Bench, body: bytes) -> None:
    reads = both(bench)

    for read in reads:
        assert type(failure(read, bench.connect(client=always(Response(body))))) is TransientError


def test_another_job_than_the_one_asked_for_is_no_answer(bench: Bench) -> None:
    first, second = bench.remote.add_job(), bench.remote.add_job()
    body = bench.get(second.name).body

    for answer in (body, b"{}", b'{"name": 5}'):
        error = failure(bench.connect(client=always(Response(answer))).get, first.name)
        assert type(error) is TransientError


def test_an_error_in_a_list_is_understood(bench: Bench) -> None:
    body = [{"error": {"code": 503, "message": "The model is overloaded."}}]
    bench.remote.faults.set(status=503, body=body)

    told = "The provider has trouble (503: The model is overloaded); it is asked again later."
    assert str(failure(bench.connect().list_page)) == told


@pytest.mark.parametrize("body", ['{"error": "no"}', '{"error": {"message": 5, "details": {}}}', "<h1>no</h1>", "\x00"])
def test_odd_error_bodies_are_understood_by_their_status(bench: Bench, body: str) -> None:
    bench.remote.faults.set(status=401, body=body)

    assert type(failure(bench.connect().list_page)) is CredentialError


def test_a_page_token_that_expired_says_so(bench: Bench) -> None:
    for _ in range(4):
        bench.remote.add_job()
    token = bench.connect().list_page(size=2).next_token
    bench.remote.faults.expire_page_tokens()

    assert type(failure(lambda: bench.connect().list_page(token, size=2))) is PageTokenExpired


def test_a_bad_request_without_a_page_token_is_declined(bench: Bench) -> None:
    bench.remote.faults.set(status=400)

    assert type(failure(bench.connect().list_page)) is RefusedError


def test_a_not_found_page_of_somebody_between_makes_no_job_gone(bench: Bench) -> None:
    """A proxy's or a captive portal's 404 says nothing about the job."""
    reads = both(bench)
    bench.remote.faults.set(status=404, body="<h1>Not Found</h1>")

    kinds = [type(failure(read, bench.connect())) for read in reads]

    assert GoneError not in kinds and kinds[1] is TransientError


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(bench: Bench, status: int) -> None:
    asked = []

    def app(environ: dict[str, Any], start: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return Response("", status, {"Location": "http://elsewhere/secret"})(environ, start)

    client = httpx.Client(transport=httpx.WSGITransport(app=app), follow_redirects=True)
    error = failure(bench.connect(client=client).list_page)

    assert str(error) == f"The provider redirects ({status}): check the project's address."
    assert asked == [bench.list_path]


def test_a_slash_at_the_end_of_the_address_does_no_harm(bench: Bench) -> None:
    assert bench.on_port("http://sim/").connect().list_page().jobs == []


def counting_gate(entered: list[str]) -> Callable[[], AbstractContextManager[None]]:
    @contextmanager
    def gate() -> Any:
        entered.append("in")
        try:
            yield
        finally:
            entered.append("out")

    return gate


def test_the_gate_is_held_around_each_request_and_left_after_trouble(bench: Bench) -> None:
    entered: list[str] = []
    provider = bench.connect(gate=counting_gate(entered))
    provider.list_page()
    bench.remote.faults.set(status=500)
    failure(provider.list_page)
    bench.remote.faults.clear()
    bench.remote.faults.reset()
    failure(provider.list_page)

    assert entered == ["in", "out"] * 3
