"""The part of a page that is fetched again when something changed: shared for a moment, or answered by 304."""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar, cast

import redis
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response

from jobs.models import Attention

from .board import Board

log = logging.getLogger(__name__)

SHARED_SECONDS = 15
T = TypeVar("T")
# Words such as "expires in 3 h" and "the last 24 hours" move although no project changed.
TURNS_SECONDS = 60


def respond(
    request: HttpRequest,
    render: Callable[[], str],
    *,
    board: Board,
    query: str,
    at: datetime,
    own: tuple[object, ...] = (),
    version: object = None,
    told: object = None,
) -> HttpResponseBase:
    """The fragment for what ``query`` says, rendered once for all who may see the same.

    ``own``: whatever else makes it look as it does for this person: every choice and right that it shows.
    ``version``: what it shows besides jobs and projects, so that signals alone do not tell when it changes.
    ``told``: what it shows besides them of which signals do tell.
    """
    number, theirs = Attention.objects.open_for(board.user, at)
    own = (*own, timezone.get_current_timezone_name(), theirs)
    parts = (request.path, query, board.version, own, version, told, number)
    tag = f'"{_key(parts, at)}"'
    answer = get_conditional_response(request, etag=tag)
    if answer is None:
        answer = HttpResponse(shared("fragment", parts, at, lambda: render() + _badge(number)))
    answer["ETag"] = tag
    if version is None:
        answer["X-Audience"] = f"{digest(board.audience, own)} {board.user.pk}"
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _badge(number: int) -> str:
    """The number in the navigation, which htmx and static/js/live.js put into its place outside of the part."""
    return render_to_string("attention/badge.html", {"number": number, "apart": True}, using="compiled")


def shared(kind: str, parts: tuple[object, ...], at: datetime, make: Callable[[], T]) -> T:
    """What ``make`` gives, made once for all who ask with equal ``parts`` within some seconds."""
    try:
        return cast(T, cache.get_or_set(f"{kind}:{_key(parts, at)}", make, SHARED_SECONDS))
    except redis.RedisError as exc:
        log.warning("%s not shared error=%s", kind, type(exc).__name__)
        return make()


def _key(parts: tuple[object, ...], at: datetime) -> str:
    return digest(*parts, int(at.timestamp()) // TURNS_SECONDS)


def digest(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
