"""The stream at /stream/: server-sent events that say what went stale, in raw ASGI (DESIGN 8, STACK 10).

It never carries data of jobs, only ids of projects and jobs the person may see; pages fetch what they show.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import msgspec
from a2wsgi.asgi_typing import HTTPScope, Receive, Send
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest

from dashboard.door import refuse, session_key
from dashboard.hub import Listener, Pending, hub
from jobs.models import Project

KEEP_ALIVE_SECONDS = 15.0
RECHECK_SECONDS = 60.0
# At most one signal in this time; the first comes at once.
PACE_SECONDS = 1.0
sessions = import_module(settings.SESSION_ENGINE)
threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="stream")


async def application(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Follow the projects of whoever the session cookie names, until they leave or lose their right to."""
    if scope["path"] != "/stream/":
        return await refuse(send, 404, b"There is no such stream.")
    if scope["method"] != "GET":
        return await refuse(send, 405, b"This address answers GET only.")
    session = session_key(scope)
    follower = await _follower(session)
    if follower is None:
        return await refuse(send, 403, b"Sign in to follow changes.")
    if hub().streams_of(follower.person) >= settings.STREAMS_A_PERSON:
        return await refuse(send, 429, b"You follow changes in very many windows: close some.")
    listener = Listener(follower.projects, follower.person)
    await _begin(send)
    with hub().listening(listener):
        await _first_of(_speak(listener, send), _recheck(listener, session), _left(receive))
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends, however it ends."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


async def _speak(listener: Listener, send: Send) -> None:
    while True:
        try:
            await asyncio.wait_for(listener.woken.wait(), KEEP_ALIVE_SECONDS)
        except TimeoutError:
            await _write(send, b": keep-alive\n\n")
            continue
        await _write(send, event(listener.take()))
        await asyncio.sleep(PACE_SECONDS)


async def _recheck(listener: Listener, session: str) -> None:
    """End when the session does; follow rights as they change."""
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(listener.doubted.wait(), RECHECK_SECONDS)
        told = listener.doubted.is_set()
        listener.doubted.clear()
        follower = await _follower(session)
        if follower is None:
            return
        changed = follower.projects != listener.projects
        listener.projects = follower.projects
        if told or changed:
            listener.hear_of_gap()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def event(pending: Pending | None) -> bytes:
    """`{"projects": {"3": [7, 8], "4": null}}`: null for "too many to name"; `{"projects": null}` for everything."""
    named = {str(project): jobs and sorted(jobs) for project, jobs in pending.items()} if pending is not None else None
    return b"event: stale\ndata: " + msgspec.json.encode({"projects": named}) + b"\n\n"


@dataclass(frozen=True, slots=True)
class Follower:
    """Who follows, and the projects they may see, by id."""

    person: int
    projects: frozenset[int]


async def _follower(session: str) -> Follower | None:
    """The session's owner; None when nobody is signed in."""
    return await asyncio.get_running_loop().run_in_executor(threads, read_follower, session)


def read_follower(session: str) -> Follower | None:
    close_old_connections()
    try:
        request = HttpRequest()
        request.session = sessions.SessionStore(session)
        user = get_user(request)
        if not user.is_authenticated or not user.is_active:
            return None
        return Follower(user.pk, frozenset(Project.objects.visible_to(user).values_list("pk", flat=True)))
    finally:
        close_old_connections()


async def _begin(send: Send) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _write(send, b"retry: 3000\n\n")


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})
