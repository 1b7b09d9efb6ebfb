"""No secret leaves by a URL, a repr, an error or a log; provider text in our sentences is one harmless line."""

import logging
import re
import traceback
from typing import Any

import httpx
import pytest

from jobs.providers.base import CredentialError, ProviderError, RefusedError
from jobs.providers.wire import shared_client

from .harness import Bench

STATUSES = (400, 401, 403, 404, 408, 409, 429, 500, 503)
SENTENCE = re.compile(r"[A-Z“][^\n\r\x00-\x1f\u202a-\u202e\u2066-\u2069]+[:;] [^\n:;]+[^.]\.")


def test_the_secret_is_in_no_url_and_no_repr(bench: Bench) -> None:
    seen: list[httpx.Request] = []
    transport = httpx.WSGITransport(app=bench.simulator)
    with httpx.Client(transport=transport, event_hooks={"request": [seen.append]}) as client:
        provider = bench.connect(client=client)
        page = provider.list_page()

    assert [bench.secret in str(request.url) for request in seen] == [False]
    assert bench.secret not in repr((provider, vars(provider), page, bench.account, bench.account.credential))


@pytest.mark.parametrize("status", STATUSES)
def test_the_secret_is_in_no_error_and_no_log(bench: Bench, caplog: pytest.LogCaptureFixture, status: int) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"error": {"code": status, "message": f"The key {bench.secret} is not known here."}}
    bench.remote.faults.set(status=status, body=body)

    with pytest.raises(ProviderError) as raised:
        bench.connect().list_page()

    told = "".join(traceback.format_exception(raised.value))
    assert (bench.secret in told, bench.secret in caplog.text) == (False, False)


@pytest.mark.parametrize("secret", [" ", "AIza\nHost: evil", "AIza\u00fc", "AIza\x00", "\ud800"])
def test_a_secret_that_cannot_stand_in_a_header_is_refused_unseen(bench: Bench, secret: str) -> None:
    with pytest.raises(CredentialError) as raised:
        bench.connect(secret=secret).list_page()

    assert "AIza" not in "".join(traceback.format_exception(raised.value))
    assert bench.remote.journal.count() == 0


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "message", ["", "No.", "One.\nTwo!\r\n\tThree?", "\x1b[31mred\x1b[0m \u202eevil\x00", "x" * 10_000]
)
def test_every_error_is_one_sentence_that_says_what_to_do(bench: Bench, status: int, message: str) -> None:
    name = bench.remote.add_job().name
    bench.remote.faults.set(status=status, body={"error": {"code": status, "message": message}})
    provider = bench.connect()

    for read in (provider.list_page, lambda: provider.get(name)):
        with pytest.raises(ProviderError) as raised:
            read()
        assert SENTENCE.fullmatch(str(raised.value)), str(raised.value)
        assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    "name", ["", "batches/", "batches/..", "batches/.", "batches/a/b", "batches/a?b", "operations/x", "a\n", "…"]
)
def test_a_name_that_cannot_be_asked_for_makes_no_request(bench: Bench, name: str) -> None:
    last = name.removeprefix("batches/")
    names = [name, f"projects/1/locations/l/batchPredictionJobs/{last}"]

    for one in names:
        with pytest.raises(RefusedError, match=r"^This job's name is not one that .* can be asked for\.$"):
            bench.connect().get(one)
    assert bench.remote.journal.count() == 0


def test_no_cookie_goes_from_one_project_to_the_next() -> None:
    client = shared_client()
    client.cookies.extract_cookies(set_cookie("tracker=1; Path=/"))

    assert dict(client.cookies) == {}


def set_cookie(value: str) -> Any:
    request = httpx.Request("GET", "https://generativelanguage.googleapis.com/v1beta/batches")
    return httpx.Response(200, headers={"set-cookie": value}, request=request)
