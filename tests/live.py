"""A web process in a thread, for tests that need a port."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import uvicorn
from django.conf import settings
from django.test import Client

from jobs.models import User

PATIENCE_SECONDS = 60  # on a busy machine


class Server(uvicorn.Server):
    """uvicorn on a free port while the ``with`` block lasts; open streams are cut at its end."""

    def __init__(self, app: Any) -> None:
        super().__init__(uvicorn.Config(app, port=0, log_level="critical", timeout_graceful_shutdown=1))
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()))

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    def __enter__(self) -> Self:
        self.thread.start()
        assert self.ready.wait(PATIENCE_SECONDS)
        return self

    def __exit__(self, *exc: object) -> None:
        self.should_exit = True
        self.thread.join(20)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"


def session_of(user: User) -> str:
    """The session cookie of a browser in which ``user`` just signed in."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def wait_until(holds: Callable[[], bool]) -> None:
    """Ask again and again until ``holds``; fail when patience ends."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "It did not come true in time."
        time.sleep(0.02)
