"""One way to speak HTTP: pooled, timed, gated, with answers and failures sorted where they enter."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from io import BytesIO
from typing import Any

import httpcore
import httpx

from . import deadline
from .base import CredentialError, Gate, ProviderError, TransientError
from .failures import http_date, sort_failure
from .reading import decode
from .unpacking import A_JOB, A_LIST, ENCODING, Bounds, unpacked

TIMEOUT = httpx.Timeout(30, connect=10)
PATIENCE = 90.0  # for one whole answer: what drips in passes every read timeout
USER_AGENT = "batchboard"
BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer. ``skew``: their clock minus ours, seconds; None when they sent no date."""

    body: bytes = field(repr=False)
    latency: float
    skew: float | None


@lru_cache(maxsize=1)
def shared_client() -> httpx.Client:
    """One keep-alive pool for the whole process; it holds no credentials and takes no cookies."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    headers = {"user-agent": USER_AGENT}
    transport = deadline.transport(limits)
    return httpx.Client(timeout=TIMEOUT, transport=transport, headers=headers, cookies=cookies, trust_env=False)


@dataclass(frozen=True, slots=True)
class Wire:
    """Requests to one base URL as one account.

    ``sign`` gives the headers that hold the secret; ``gate`` is entered around each request (a budget); after
    ``patience`` seconds an answer that still comes in is left. ``renew`` drops what ``sign`` gave after a 401 and says
    whether it may give better: a token can die before its hour. ``sort`` makes a failed answer an error.
    """

    base_url: str
    sign: Callable[[], Mapping[str, str]] = field(repr=False)
    gate: Gate
    client: httpx.Client
    patience: float = PATIENCE
    renew: Callable[[], bool] = lambda: False
    sort: Callable[..., ProviderError] = sort_failure

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        listing: bool = False,
        bounds: Bounds | None = None,
    ) -> Answer:
        """Raise a ProviderError of the right kind; ``listing`` says that the path lists jobs."""
        bounds = bounds or (A_LIST if listing else A_JOB)
        status, answered, body, latency = self._ask("GET", path, params, bounds)
        if status == 200:
            return Answer(body, latency, _skew(answered))
        raise self.sort(status, answered, body, listing=listing, paging=bool(params and params.get("pageToken")))

    def change(self, method: str, path: str, verb: str) -> Mapping[str, Any]:
        """Send POST or DELETE without a body, once; the JSON object it is answered with, {} for an empty answer.

        After a TransientError only a re-read tells whether it was done. ``verb`` is what a person calls it.
        """
        status, answered, body, _ = self._ask(method, path, None, A_JOB)
        if not 200 <= status < 300:
            raise sort_failure(status, answered, body, listing=False, verb=verb)
        found = decode(body) if body.strip() else {}
        if not isinstance(found, dict):
            raise TransientError(f"The answer to the {verb} is not the provider's; whether it was done is read again.")
        return found

    def _ask(
        self, method: str, path: str, params: Mapping[str, str] | None, bounds: Bounds
    ) -> tuple[int, httpx.Headers, bytes, float]:
        """Status, headers, body (of an error without secrets) and seconds. A 401 has done nothing: once more."""
        asked = self._ask_once(method, path, params, bounds)
        return self._ask_once(method, path, params, bounds) if asked[0] == 401 and self.renew() else asked

    def _ask_once(
        self, method: str, path: str, params: Mapping[str, str] | None, bounds: Bounds
    ) -> tuple[int, httpx.Headers, bytes, float]:
        headers = sendable(self.sign())
        with self.gate():
            started = time.monotonic()
            status, answered, body = self._exchange(method, path, params, headers, bounds)
            latency = time.monotonic() - started
        return status, answered, body if status == 200 else without_secrets(body, headers), latency

    def _exchange(
        self, method: str, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str], bounds: Bounds
    ) -> tuple[int, httpx.Headers, bytes]:
        url, sent = self.base_url.rstrip("/") + path, {**headers, "accept-encoding": ENCODING}
        with (
            network_trouble(),
            deadline.within(self.patience),
            self.client.stream(method, url, params=params, headers=sent, follow_redirects=False) as response,
        ):
            return response.status_code, response.headers, _read(response, self.patience, bounds)


@contextmanager
def network_trouble() -> Iterator[None]:
    """What httpx, or httpcore below it, raises of the network, as a TransientError."""
    try:
        yield
    except (httpx.TimeoutException, httpcore.TimeoutException) as exc:
        raise TransientError("The provider did not answer in time; it is asked again later.") from exc
    except BROKEN as exc:
        sentence = "The connection broke before the provider's whole answer came; it is asked again."
        raise TransientError(sentence) from exc
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpcore.NetworkError) as exc:
        todo = "check the network, and the project's address or location"
        raise TransientError(f"The provider cannot be reached ({type(exc).__name__}): {todo}.") from exc


def sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """Raise CredentialError for what cannot stand in a header, before a library's error shows it."""
    for value in headers.values():
        if not value.rpartition(" ")[2] or not value.isascii() or not value.isprintable():
            raise CredentialError("The credential is empty or holds signs that no key or token has: copy it again.")
    return dict(headers)


def without_secrets(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Some services repeat the key in the error about it, and errors are shown and logged."""
    for value in headers.values():
        body = body.replace(value.rpartition(" ")[2].encode(), b"***")
    return body


def _read(response: httpx.Response, patience: float, bounds: Bounds) -> bytes:
    whole, ends = BytesIO(), time.monotonic() + patience
    encoding = response.headers.get("content-encoding", "").strip().lower()
    for chunk in unpacked(response.iter_raw(), encoding, bounds):
        if time.monotonic() > ends:
            raise TransientError("The provider's answer came in too slowly; it is asked again later.")
        whole.write(chunk)
    return whole.getvalue()  # no second copy, as joining would make


def _skew(headers: httpx.Headers) -> float | None:
    date = http_date(headers.get("date", ""))
    return (date - datetime.now(UTC)).total_seconds() if date else None
