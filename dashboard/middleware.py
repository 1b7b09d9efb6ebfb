"""What every answer passes through."""

from collections.abc import Callable
from functools import cache
from typing import cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import resolve_url
from django.utils import timezone
from django_htmx.http import HttpResponseClientRefresh

Answer = Callable[[HttpRequest], HttpResponseBase]


def kept_private(answer: Answer) -> Answer:
    """What a person may see is for them alone: no proxy keeps a page that says nothing else about it."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        response.setdefault("Cache-Control", "private, no-cache")
        return response

    return answered


def packed(answer: Answer) -> Answer:
    """Whole pages are sent packed; fragments are small changes for many who watch, and cost their time again each."""
    pack = cast(Answer, GZipMiddleware(answer))

    def answered(request: HttpRequest) -> HttpResponseBase:
        return answer(request) if request.headers.get("HX-Request") else pack(request)

    return answered


def in_their_time_zone(answer: Answer) -> Answer:
    """Moments are told in the zone a person chose, else in their browser's (static/js/page.js), else in UTC."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        chosen = getattr(request.user, "time_zone", "") or request.COOKIES.get("zone", "")
        with timezone.override(ZoneInfo(chosen if chosen in known_zones() else "UTC")):
            return answer(request)

    return answered


@cache
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def sign_in_for_fragments(answer: Answer) -> Answer:
    """Let a page whose session ended reload as a whole: else the sign-in form lands inside a fragment."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        place = urlsplit(response.get("Location", "")).path
        if request.headers.get("HX-Request") and place == resolve_url(settings.LOGIN_URL):
            return HttpResponseClientRefresh()
        return response

    return answered
