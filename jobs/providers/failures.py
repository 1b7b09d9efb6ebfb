"""Failed requests sorted once, where they enter: by status, and by what the provider says of them (WIRE 1.9, 2.5)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from .base import CredentialError, GoneError, PageTokenExpired, ProviderError, RefusedError, TransientError
from .reading import decode, line, mapping, text

LONGEST_WAIT = 3600.0
LIMITS = ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded")  # the older services' 403
_RANGE = re.compile(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(?:(\d{1,18})|\*)", re.ASCII)


def sort_failure(
    status: int, headers: httpx.Headers, body: bytes, *, listing: bool, paging: bool = False, verb: str = ""
) -> ProviderError:
    """What a failed request means; ``verb``: what a person calls the change that was asked for, "" for a reading."""
    error = error_of(body)
    message = line(error.get("message"), 300).rstrip(".") or "no reason given"
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
    if status == 401 or _reason(error) == "API_KEY_INVALID":
        return CredentialError(
            f"The provider does not accept this credential ({message}): enter a valid one for the project.",
            status=status,
        )
    if status == 403 and listing:
        return CredentialError(
            f"This credential may not list the jobs here ({message}): check the project and its right there.",
            status=status,
        )
    if status == 404 and not listing:
        return _sort_absence(message, known=bool(error))
    if status == 403 and verb:
        return RefusedError(f"This key may not {verb} here ({message}): give it that right.", status=status)
    return _sort_refusal(status, message, paging=paging)


def sort_storage_failure(
    status: int, headers: httpx.Headers, body: bytes, *, listing: bool = False, paging: bool = False
) -> ProviderError:
    """What Cloud Storage and BigQuery refuse: a closed bucket is no bad credential, a limit may be a 403 (WIRE 3)."""
    error = error_of(body)
    reasons = error.get("errors")
    reason = text(mapping(reasons[0]).get("reason")) if isinstance(reasons, list) and reasons else ""
    if status == 403 and reason in LIMITS:
        return sort_failure(429, headers, body, listing=False)
    if status == 403:
        message = line(error.get("message"), 300).rstrip(".") or "no reason given"
        return RefusedError(
            f"This credential may not read the place of the results ({message}): let it read that bucket or dataset.",
            status=status,
        )
    return sort_failure(status, headers, body, listing=False, paging=paging)


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


def content_range(headers: httpx.Headers) -> tuple[int | None, int | None]:
    """First byte and total of ``bytes 5-9/100`` or ``bytes */100``; None for what is not told."""
    found = _RANGE.fullmatch(headers.get("content-range", "").strip())
    first, total = found.groups() if found else (None, None)
    return int(first) if first else None, int(total) if total else None


def error_of(body: bytes) -> Mapping[str, Any]:
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
    if date := http_date(given):
        return _bounded((date - datetime.now(UTC)).total_seconds())
    try:
        return _bounded(float(given))
    except ValueError:
        return None


def _bounded(seconds: float) -> float | None:
    return min(seconds, LONGEST_WAIT) if seconds > 0 else None


def http_date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
