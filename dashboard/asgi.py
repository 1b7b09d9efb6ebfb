"""The one ASGI callable: what lives long is raw ASGI, pages are Django through WSGI with threads of their own."""

import os
import sys

from a2wsgi import WSGIMiddleware
from a2wsgi.asgi_typing import ASGIApp, HTTPScope, Receive, Scope, Send
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from .answers import remembering
from .door import guarded
from .hub import hub
from .memory import settle
from .schema import refuse_pending_migrations

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
wsgi = get_wsgi_application()
plain_pages: ASGIApp = guarded(WSGIMiddleware(wsgi, workers=settings.WEB_THREADS))
pages = remembering(plain_pages)
# One thread serves all streams and ready fragments: it gets its turn among those that make pages within a millisecond.
sys.setswitchinterval(0.001)
refuse_pending_migrations()
get_resolver().url_patterns  # noqa: B018 (read before the first visitor, who need not wait, nor find it broken)

from . import downloads, streams, uploads  # noqa: E402 (need Django set up)

inputs: ASGIApp = uploads.uploads(wsgi)
settle()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["type"] == "http":
        await _app_for(scope)(scope, receive, send)


def _app_for(scope: HTTPScope) -> ASGIApp:
    if scope["path"].startswith("/stream/"):
        return streams.application
    if scope["path"].startswith("/download/"):
        return downloads.application
    return inputs if uploads.is_upload(scope) else pages


async def live(receive: Receive, send: Send) -> None:
    """There is nothing to open before the first request; at the end the subscription is closed in good order."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await hub().close()
            await send({"type": "lifespan.shutdown.complete"})
            return
