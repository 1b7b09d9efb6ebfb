"""One way to speak HTTP: pooled, timed, gated, with answers and failures sorted where they enter."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from . import deadline
from .base import CredentialError, Gate, GoneError, PageTokenExpired, ProviderError, RefusedError, TransientError
from .reading import decode, line, mapping, text
from .unpacking import A_JOB, A_LIST, ENCODING, Bounds, unpacked

TIMEOUT = httpx.Timeout(30, connect=10)
LONGEST_WAIT = 3600.0
PATIENCE = 90.0  # for one whole answer: what drips in passes every read timeout
USER_AGENT = "batchboard"


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
    whether it may give better: a token can die before its hour.
    """

    base_url: str
    sign: Callable[[], Mapping[str, str]] = field(repr=False)
    gate: Gate
    client: httpx.Client
    patience: float = PATIENCE
    renew: Callable[[], bool] = lambda: False

    def get(self, path: str, params: Mapping[str, str] | None = None, *, listing: bool = False) -> Answer:
        """Raise a ProviderError of the right kind; ``listing`` says that the path lists jobs."""
        bounds = A_LIST if listing else A_JOB
        status, answered, body, latency = self._ask("GET", path, params, bounds)
        if status == 200:
            return Answer(body, latency, _skew(answered))
        raise sort_failure(status, answered, body, listing=listing, paging=bool(params and params.get("pageToken")))

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
        headers = _sendable(self.sign())
        with self.gate():
            started = time.monotonic()
            status, answered, body = self._exchange(method, path, params, headers, bounds)
            latency = time.monotonic() - started
        return status, answered, body if status == 200 else _without_secrets(body, headers), latency

    def _exchange(
        self, method: str, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str], bounds: Bounds
    ) -> tuple[int, httpx.Headers, bytes]:
        url, sent = self.base_url.rstrip("/") + path, {**headers, "accept-encoding": ENCODING}
        try:
            with (
                deadline.within(self.patience),
                self.client.stream(method, url, params=params, headers=sent, follow_redirects=False) as response,
            ):
                return response.status_code, response.headers, _read(response, self.patience, bounds)
        except httpx.TimeoutException as exc:
            raise TransientError("The provider did not answer in time; it is asked again later.") from exc
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as exc:
            raise TransientError(f"The provider cannot be reached ({type(exc).__name__}): check the network.") from exc


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """Raise CredentialError for what cannot stand in a header, before a library's error shows it."""
    for value in headers.values():
        if not value.rpartition(" ")[2] or not value.isascii() or not value.isprintable():
            raise CredentialError("The credential is empty or holds signs that no key or token has: copy it again.")
    return dict(headers)


def _without_secrets(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Some services repeat the key in the error about it, and errors are shown and logged."""
    for value in headers.values():
        body = body.replace(value.rpartition(" ")[2].encode(), b"***")
    return body


def _read(response: httpx.Response, patience: float, bounds: Bounds) -> bytes:
    chunks, ends = [], time.monotonic() + patience
    encoding = response.headers.get("content-encoding", "").strip().lower()
    for chunk in unpacked(response.iter_raw(), encoding, bounds):
        if time.monotonic() > ends:
            raise TransientError("The provider's answer came in too slowly; it is asked again later.")
        chunks.append(chunk)
    return b"".join(chunks)


def _skew(headers: httpx.Headers) -> float | None:
    date = _http_date(headers.get("date", ""))
    return (date - datetime.now(UTC)).total_seconds() if date else None


def _http_date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def sort_failure(
    status: int, headers: httpx.Headers, body: bytes, *, listing: bool, paging: bool = False, verb: str = ""
) -> ProviderError:
    """The one place that decides what a failed request means (WIRE 1.9, 2.5)."""
    error = _error_of(body)
    message = line(error.get("message"), 300).rstrip(".") or f"HTTP {status}"
    if status == 429:
        return TransientError(
            f"The provider limits our requests ({message}); they slow down by themselves.",
            status=status,
            retry_after=_retry_after(headers, error),
        )
    if status >= 500 or status in (408, 499):
        return TransientError(
            f"The provider has trouble ({status}: {message}); it is asked again later.",
            status=status,
            retry_after=_retry_after(headers, error),
        )
    if status == 401 or _reason(error) == "API_KEY_INVALID" or (status == 403 and listing):
        return CredentialError(
            f"The provider does not accept this credential ({message}): rotate it on the project's page.",
            status=status,
        )
    if status == 404 and not listing:
        return _sort_absence(message, known=bool(error))
    if status == 403 and verb:
        return RefusedError(f"This key may not {verb} here ({message}): give it that right.", status=status)
    return _sort_refusal(status, message, paging=paging)


def _sort_absence(message: str, *, known: bool) -> ProviderError:
    """``known``: the provider itself says so; a proxy's or captive portal's 404 tells nothing about the job."""
    if known:
        return GoneError(f"The provider does not know it ({message}): it was deleted or has expired there.", status=404)
    return TransientError("Something before the provider answers 404; it is asked again later.", status=404)


def _sort_refusal(status: int, message: str, *, paging: bool) -> ProviderError:
    if status == 400 and paging:
        return PageTokenExpired(f"The list changed while it was read ({message}); it is read again.", status=status)
    if 300 <= status < 400:
        return RefusedError(f"The provider redirects ({status}): check the project's address.", status=status)
    if 200 <= status < 300:
        return TransientError(f"The provider gave half an answer ({status}); it is asked again later.", status=status)
    return RefusedError(f"The provider declines ({status}: {message}): check the project's settings.", status=status)


def _error_of(body: bytes) -> Mapping[str, Any]:
    """``{"error": {...}}``, also wrapped in a list (WIRE 6.6); empty for anything else."""
    answer = decode(body)
    if isinstance(answer, list) and answer:
        answer = answer[0]
    return mapping(mapping(answer).get("error"))


def _details(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    details = error.get("details")
    return [mapping(item) for item in details] if isinstance(details, list) else []


def _reason(error: Mapping[str, Any]) -> str:
    return next((text(item.get("reason")) for item in _details(error) if item.get("reason")), "")


def _retry_after(headers: httpx.Headers, error: Mapping[str, Any]) -> float | None:
    """Seconds to wait: RetryInfo's duration ("34.07s"), else Retry-After in seconds or as a date."""
    delays = [delay for item in _details(error) if (delay := text(item.get("retryDelay")))]
    given = delays[0].removesuffix("s") if delays else headers.get("retry-after", "")
    if date := _http_date(given):
        return _bounded((date - datetime.now(UTC)).total_seconds())
    try:
        return _bounded(float(given))
    except ValueError:
        return None


def _bounded(seconds: float) -> float | None:
    return min(seconds, LONGEST_WAIT) if seconds > 0 else None
