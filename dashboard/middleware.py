"""What every answer passes through."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRefresh

Answer = Callable[[HttpRequest], HttpResponseBase]


def kept_private(answer: Answer) -> Answer:
    """What a person may see is for them alone: no proxy keeps a page that says nothing else about it."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        response.setdefault("Cache-Control", "private, no-cache")
        return response

    return answered


def sign_in_for_fragments(answer: Answer) -> Answer:
    """Let a page whose session ended reload as a whole: else the sign-in form lands inside a fragment."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        place = urlsplit(response.get("Location", "")).path
        if request.headers.get("HX-Request") and place == resolve_url(settings.LOGIN_URL):
            return HttpResponseClientRefresh()
        return response

    return answered
