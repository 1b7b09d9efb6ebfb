"""What tests of pages share."""

import shutil
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest
import time_machine
from django.conf import settings

from dashboard import downloads
from jobs.models import User
from tests.live import Server, session_of


class Browser:
    """``get("jobs/1/results.jsonl")``: what a server of downloads answers ``user``."""

    def __init__(self, server: Server, user: User | None) -> None:
        self.server, self.cookies = server, {settings.SESSION_COOKIE_NAME: session_of(user)} if user else {}

    def get(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.server.url}/download/{path}"
        return httpx.request(method, url, cookies=self.cookies, headers=told, timeout=60)


@pytest.fixture(scope="module")
def downloads_server() -> Iterator[Server]:
    with Server(downloads.application) as running:
        yield running
    shutil.rmtree(settings.RESULTS_FOLDER, ignore_errors=True)


@pytest.fixture
def browser(downloads_server: Server, superuser: User) -> Browser:
    """A superuser's, which fetches downloads."""
    return Browser(downloads_server, superuser)


@pytest.fixture
def noon(at: datetime) -> Iterator[None]:
    """The clock stands."""
    with time_machine.travel(at, tick=False):
        yield
