"""The part of a page that is fetched again when something changed: shared for a moment, or answered by 304."""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime

import redis
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

log = logging.getLogger(__name__)

SHARED_SECONDS = 15
# Words such as "expires in 3 h" and "the last 24 hours" move although no project changed.
TURNS_SECONDS = 60


def respond(
    request: HttpRequest, render: Callable[[], str], *, version: str, query: str, at: datetime
) -> HttpResponseBase:
    """The fragment for what ``version`` and ``query`` say, rendered once for all who may see the same."""
    key = _key(request.path, query, version, at)
    answer = get_conditional_response(request, etag=f'"{key}"')
    if answer is None:
        answer = HttpResponse(_shared(key, render))
    answer["ETag"] = f'"{key}"'
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _key(path: str, query: str, version: str, at: datetime) -> str:
    parts = (path, query, version, int(at.timestamp()) // TURNS_SECONDS)
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _shared(key: str, render: Callable[[], str]) -> str:
    try:
        return str(cache.get_or_set(f"fragment:{key}", render, SHARED_SECONDS))
    except redis.RedisError as exc:
        log.warning("fragments not shared error=%s", type(exc).__name__)
        return render()
