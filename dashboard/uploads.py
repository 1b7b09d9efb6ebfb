"""Input files on their way in: the one request whose body is larger than the door lets in (dashboard/door.py).

Who may send one, and how large it is, is asked before a byte is read. Then Django takes it in a thread that pages do
not need, a piece at a time: slow senders hold up nobody but each other.
"""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from a2wsgi import WSGIMiddleware
from a2wsgi.asgi_typing import ASGIApp, HTTPScope, Receive, ReceiveEvent, Send
from a2wsgi.wsgi_typing import WSGIApp
from django.db import close_old_connections

from dashboard.door import refuse, session_key, unambiguous
from dashboard.streams import read_follower
from jobs.models import BatchJob, Project, Role, User
from jobs.results.inputs import LARGEST

AT_ONCE = 2
STALL_SECONDS = 30.0
WHOLE_SECONDS = 3600.0
PLACE = re.compile(r"/jobs/([0-9]{1,18})/results/input/")
threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="upload")


class Stopped(ConnectionError):
    """The sender left, stalled or sent more than announced: Django reads it as a broken connection."""


def is_upload(scope: HTTPScope) -> bool:
    return scope["method"] == "POST" and PLACE.fullmatch(scope["path"]) is not None


def uploads(wsgi: WSGIApp) -> ASGIApp:
    """Lets ``wsgi`` read the bodies of input files, ``AT_ONCE`` of them."""
    pages = WSGIMiddleware(wsgi, workers=AT_ONCE)
    running = 0

    async def application(scope: HTTPScope, receive: Receive, send: Send) -> None:
        nonlocal running
        size = _announced(scope)
        if size is None or size > LARGEST:
            return await refuse(send, 413, b"An input file has at most 2 GB, which must be announced (Content-Length).")
        if not await _in_thread(lambda: _may_attach(session_key(scope), _job_of(scope))):
            return await refuse(send, 403, b"Sign in as an operator of the job's project to attach its input file.")
        if running >= AT_ONCE:
            return await refuse(send, 429, b"Other input files are being received: send yours in some minutes.")
        running += 1
        try:
            await pages(unambiguous(scope), _bounded(receive, size), send)
        finally:
            running -= 1

    return application


def _announced(scope: HTTPScope) -> int | None:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if len(lengths) == 1 and lengths[0].isdigit() else None


def _job_of(scope: HTTPScope) -> int:
    found = PLACE.fullmatch(scope["path"])
    assert found
    return int(found[1])


def _may_attach(session: str, job: int) -> bool:
    """Whether the session's owner operates the project of ``job``."""
    close_old_connections()
    try:
        follower = read_follower(session)
        if follower is None:
            return False
        projects = Project.objects.allowing(User.objects.get(pk=follower.person), Role.OPERATOR)
        return BatchJob.objects.filter(pk=job, project__in=projects).exists()
    finally:
        close_old_connections()


async def _in_thread(ask: Callable[[], bool]) -> bool:
    return await asyncio.get_running_loop().run_in_executor(threads, ask)


def _bounded(receive: Receive, size: int) -> Receive:
    """``receive`` until ``size`` bytes came, in bounded time. Raise Stopped: half a file is none."""
    ends = asyncio.get_running_loop().time() + WHOLE_SECONDS
    left = size

    async def receiving() -> ReceiveEvent:
        nonlocal left
        patience = min(STALL_SECONDS, ends - asyncio.get_running_loop().time())
        try:
            message = await asyncio.wait_for(receive(), max(patience, 0))
        except TimeoutError as exc:
            raise Stopped("It took too long.") from exc
        left -= len(message.get("body", b"")) if message["type"] == "http.request" else 0
        whole = message["type"] == "http.request" and (left == 0 or message.get("more_body", False))
        if left < 0 or not whole:
            raise Stopped("It ended early.")
        return message

    return receiving
