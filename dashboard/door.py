"""What stands between clients and the few threads for pages, so that nobody holds one by sending or reading slowly.

A request's body is read whole before a thread takes it up, in bounded time and size: Django itself bounds neither the
files in a form nor the disk they are spooled to. A response that is not fetched in time is cut short.
"""

import asyncio
import contextlib

from a2wsgi.asgi_typing import ASGIApp, HTTPScope, Receive, ReceiveEvent, Send, SendEvent
from django.conf import settings
from django.http import parse_cookie

LARGEST_BODY = 1_000_000  # bytes; the largest form holds a key file of 64,000
BODY_SECONDS = 30.0
ANSWER_SECONDS = 120.0


class TooLarge(Exception):
    """A body of more than LARGEST_BODY."""


class Left(Exception):
    """The client went away before its request was complete."""


def session_key(scope: HTTPScope) -> str:
    """The session that the cookie names, be it valid or not; empty without one."""
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    return parse_cookie("; ".join(lines)).get(settings.SESSION_COOKIE_NAME, "")


def guarded(pages: ASGIApp) -> ASGIApp:
    """``pages``, which now only hear of requests that are complete."""

    async def application(scope: HTTPScope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _whole(receive)
        except TimeoutError:
            return await refuse(send, 408, b"The request took too long to arrive: send it again.")
        except TooLarge:
            return await refuse(send, 413, b"This is more than any form here takes: send less than 1 MB.")
        except Left:
            return
        await pages(unambiguous(scope), _repeated(body), _while_fetched(send))

    return application


def _while_fetched(send: Send) -> Send:
    """``send`` until time is up; what comes then goes nowhere, so that the thread that sends it comes free."""
    ends = asyncio.get_running_loop().time() + ANSWER_SECONDS

    async def sending(message: SendEvent) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(ends):
                await send(message)

    return sending


async def refuse(send: Send, status: int, words: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words, "more_body": False})


async def _whole(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Left
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            raise TooLarge
    return bytes(body)


def unambiguous(scope: HTTPScope) -> HTTPScope:
    """Without header names that hold "_": WSGI cannot tell X_Forwarded_For from the X-Forwarded-For of a proxy."""
    headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
    return {**scope, "headers": headers}


def _repeated(body: bytes) -> Receive:
    async def receive() -> ReceiveEvent:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
