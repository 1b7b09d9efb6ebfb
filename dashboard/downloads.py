"""Downloads at /download/: raw ASGI with threads of their own, so that no page waits for them (DESIGN 8, STACK 10).

A thread is held only while a piece is fetched; a client that reads slowly holds none. One that leaves ends the work,
and the request to the provider, at once.
"""

import asyncio
import contextlib
import io
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from threading import Event
from typing import Any, TypeVar

from a2wsgi.asgi_typing import HTTPScope, Receive, Send
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest

from dashboard.door import unambiguous
from dashboard.download_access import Refused, jobs_for, person_of
from dashboard.download_files import File, find, in_words
from jobs.providers.base import ProviderError
from jobs.results.places import Missing

log = logging.getLogger(__name__)

THREADS = 16
A_PERSON = 40
IN_ALL = 200
RECHECK_SECONDS = 60.0
LONGEST_TARGET = 16_000  # of path and query: five hundred jobs fit
METHODS = ("GET", "HEAD")
ALWAYS = {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox"}
sessions = import_module(settings.SESSION_ENGINE)
threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="download")
_open: Counter[int] = Counter()
Result = TypeVar("Result")


async def application(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Send the file that the path names to whoever the session cookie names."""
    if scope["method"] not in METHODS:
        return await _refuse(send, Refused(405, "This address answers GET and HEAD only.", allow="GET, HEAD"))
    if len(scope["raw_path"] or b"") + len(scope["query_string"]) > LONGEST_TARGET:
        return await _refuse(send, Refused(414, "This address is too long: choose fewer jobs."))
    stop = Event()
    try:
        await _until_left(_answer(unambiguous(scope), send, stop), receive)
    finally:
        stop.set()


async def _until_left(work: Any, receive: Receive) -> None:
    """Run ``work`` until it ends or the client leaves."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(_left(receive))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for problem in ended:
        if isinstance(problem, Exception):
            raise problem


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(scope: HTTPScope, send: Send, stop: Event) -> None:
    try:
        file = await _found(scope, stop)
    except Refused as refusal:
        return await _refuse(send, refusal)
    person = file.user.pk
    if sum(_open.values()) >= IN_ALL or _open[person] >= A_PERSON:
        await _in_thread(file.close)
        return await _refuse(send, Refused(429, "Very many downloads run already: wait until some have ended."))
    _open[person] += 1
    try:
        await _send_file(scope, file, send, stop)
    finally:
        _open[person] -= 1
        await _in_thread(file.close)


async def _found(scope: HTTPScope, stop: Event) -> File:
    """The file; closed again where nobody waits for it any more."""
    finding = asyncio.ensure_future(_in_thread(_find, scope, stop))
    try:
        return await asyncio.shield(finding)
    except asyncio.CancelledError:
        stop.set()
        with contextlib.suppress(Refused):
            await _in_thread((await finding).close)
        raise


async def _send_file(scope: HTTPScope, file: File, send: Send, stop: Event) -> None:
    if scope["method"] == "HEAD":
        await _begin(send, file.status, file.headers())
        await _end(send)
        return
    pieces = Pieces(file.body())
    try:
        try:
            first = await pieces.next()
        except (ProviderError, Missing) as exc:
            return await _refuse(send, in_words(exc))
        await _begin(send, file.status, file.headers())
        await _pass_on(first, pieces, send, lambda: _still_allowed(scope, file))
    finally:
        stop.set()
        await pieces.close()


async def _pass_on(first: bytes | None, pieces: "Pieces", send: Send, allowed: Callable[[], bool]) -> None:
    """Send all pieces. What breaks off midway is left incomplete, so that no client takes it for the whole."""
    piece, checked = first, asyncio.get_running_loop().time()
    while piece is not None:
        coming = pieces.next()
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        now = asyncio.get_running_loop().time()
        if now - checked > RECHECK_SECONDS:
            if not await _in_thread(allowed):
                return
            checked = now
        try:
            piece = await coming
        except (ProviderError, Missing) as exc:
            log.warning("download broke off: %s", exc)
            return
    await _end(send)


class Pieces:
    """An iterator read in threads, one piece ahead of what is sent."""

    def __init__(self, body: Iterator[bytes]) -> None:
        self._body = body
        self._reading: Future[bytes | None] | None = None

    def next(self) -> "asyncio.Future[bytes | None]":
        self._reading = threads.submit(next, self._body, None)
        coming = asyncio.wrap_future(self._reading)
        coming.add_done_callback(_heed)
        return coming

    async def close(self) -> None:
        """Wait for the thread that reads, which no cancelling stops, then free what it read from."""
        if self._reading and not self._reading.cancelled():
            await asyncio.gather(asyncio.wrap_future(self._reading), return_exceptions=True)
        if close := getattr(self._body, "close", None):
            await _in_thread(close)


def _heed(coming: "asyncio.Future[bytes | None]") -> None:
    """What goes wrong after the client has left concerns nobody."""
    if not coming.cancelled():
        coming.exception()


def _find(scope: HTTPScope, stop: Event) -> File:
    return find(_request(scope), stop)


def _still_allowed(scope: HTTPScope, file: File) -> bool:
    """Whether the session is still that person's, and the jobs still theirs to open."""
    try:
        user = person_of(_request(scope))
        theirs = not file.jobs or bool(jobs_for(user, [job.pk for job in file.jobs]))
        return theirs and user.pk == file.user.pk
    except Refused:
        return False


def _request(scope: HTTPScope) -> HttpRequest:
    request = ASGIRequest(scope, io.BytesIO())
    request.session = sessions.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
    return request


async def _in_thread(work: Callable[..., Result], *given: Any) -> Result:
    return await asyncio.get_running_loop().run_in_executor(threads, _with_database, work, *given)


def _with_database(work: Callable[..., Result], *given: Any) -> Result:
    close_old_connections()
    try:
        return work(*given)
    finally:
        close_old_connections()


async def _begin(send: Send, status: int, headers: dict[str, str]) -> None:
    told = [(name.encode(), value.encode("latin-1")) for name, value in (headers | ALWAYS).items()]
    await send({"type": "http.response.start", "status": status, "headers": told})


async def _end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _refuse(send: Send, refusal: Refused) -> None:
    headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"} | refusal.headers
    await _begin(send, refusal.status, headers)
    await send({"type": "http.response.body", "body": str(refusal).encode(), "more_body": False})
