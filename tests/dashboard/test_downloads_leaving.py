"""Who leaves a download, or fetches it slowly: the provider hears of it at once, pages hear nothing of it."""

import asyncio
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings

from dashboard import downloads
from jobs.credentials import Credential
from jobs.models import BatchJob, Project, User
from tests.factories import make_job
from tests.live import Server, session_of, wait_until
from tests.results.saved import save

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_client")]
MakeProject = Callable[..., Project]
PIECE = b"x" * 65_536
SIZE = 1024**3


class Endless:
    """A provider with one file of a gigabyte; ``stalls`` after its first bytes. ``open``: bodies being sent."""

    def __init__(self) -> None:
        self.open = self.begun = self.sent = 0
        self.stalls = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        probe = dict(scope["headers"]).get(b"range") == b"bytes=0-0"
        length, told = (b"1", [(b"content-range", b"bytes 0-0/%d" % SIZE)]) if probe else (b"%d" % SIZE, [])
        headers = [(b"content-length", length), *told]
        await send({"type": "http.response.start", "status": 206 if probe else 200, "headers": headers})
        if probe:
            await send({"type": "http.response.body", "body": b"x"})
        else:
            await self._body(receive, send)

    async def _body(self, receive: Any, send: Any) -> None:
        self.open += 1
        self.begun += 1
        sending = asyncio.ensure_future(self._sending(send))
        while (await receive())["type"] != "http.disconnect":
            pass
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        self.open -= 1

    async def _sending(self, send: Any) -> None:
        while True:
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            self.sent += len(PIECE)
            await asyncio.sleep(3600 if self.stalls else 0)


@pytest.fixture
def provider() -> Endless:
    return Endless()


@pytest.fixture
def upstream(provider: Endless) -> Iterator[str]:
    with Server(provider) as running:
        yield running.url


@pytest.fixture
def server() -> Iterator[Server]:
    from dashboard import asgi  # reads the static files and the database that the tests have by now

    with Server(asgi.application) as running:
        yield running
    shutil.rmtree(settings.RESULTS_FOLDER, ignore_errors=True)


@pytest.fixture
def job(make_project: MakeProject, upstream: str) -> BatchJob:
    project = make_project(base_url=upstream, credential=Credential("api_key", "AIza-endless"))
    return make_job(project, name="batches/endless", output="files/batch-endless")


@contextmanager
def downloading(server: Server, job: BatchJob, user: User, name: str = "results.jsonl") -> Iterator[socket.socket]:
    """A client that has seen the first bytes and reads no further by itself."""
    place = urlsplit(server.url)
    cookie = f"{settings.SESSION_COOKIE_NAME}={session_of(user)}"
    request = f"GET /download/jobs/{job.pk}/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=60) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(request.encode())
        assert client.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        yield client


@pytest.mark.parametrize("stalls", [False, True])
@pytest.mark.parametrize("name", ["results.jsonl", "results.csv", "failed.jsonl"])
def test_leaving_ends_the_request_to_the_provider_at_once(
    server: Server, provider: Endless, job: BatchJob, superuser: User, stalls: bool, name: str
) -> None:
    provider.stalls = stalls
    place = urlsplit(server.url)
    cookie = f"{settings.SESSION_COOKIE_NAME}={session_of(superuser)}"
    request = f"GET /download/jobs/{job.pk}/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=60) as client:
        client.sendall(request.encode())
        wait_until(lambda: provider.open == 1)
    left = time.monotonic()

    wait_until(lambda: (provider.open, sum(downloads._open.values())) == (0, 0))

    assert time.monotonic() - left < 25  # seconds, before the timeout of 30 could end what is stalled
    assert (provider.begun, provider.sent < SIZE) == (1, True)


def test_a_slow_client_slows_the_provider_down(
    server: Server, provider: Endless, job: BatchJob, superuser: User
) -> None:
    with downloading(server, job, superuser):
        before = -1
        while before != provider.sent:
            before = provider.sent
            time.sleep(0.5)

    assert provider.sent < 32 * 1024**2


def test_stalled_downloads_slow_no_page_down(server: Server, job: BatchJob, superuser: User) -> None:
    saved = make_job(job.project)
    save(saved, b"\n".join([b"x" * 1000] * 20_000))
    cookies = {settings.SESSION_COOKIE_NAME: session_of(superuser)}
    with ExitStack() as stalled, httpx.Client(cookies=cookies, base_url=server.url, timeout=60) as browser:
        for _ in range(10):
            stalled.enter_context(downloading(server, job, superuser))
            stalled.enter_context(downloading(server, saved, superuser))
        wait_until(lambda: sum(downloads._open.values()) == 20)
        statuses = [browser.get("/").status_code for _ in range(10)]

        assert browser.get(f"/download/jobs/{saved.pk}/results.jsonl").status_code == 200

    assert statuses == [200] * 10
    wait_until(lambda: sum(downloads._open.values()) == 0)


def test_only_so_many_at_once(server: Server, job: BatchJob, superuser: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "A_PERSON", 1)
    with downloading(server, job, superuser):
        cookies = {settings.SESSION_COOKIE_NAME: session_of(superuser)}
        answer = httpx.get(f"{server.url}/download/jobs/{job.pk}/results.jsonl", cookies=cookies, timeout=60)

    assert (answer.status_code, answer.text) == (
        429,
        "Very many downloads run already: wait until some have ended.",
    )


def test_a_person_deactivated_meanwhile_gets_no_further(
    server: Server, job: BatchJob, superuser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "RECHECK_SECONDS", 0.0)
    cookies = {settings.SESSION_COOKIE_NAME: session_of(superuser)}
    url = f"{server.url}/download/jobs/{job.pk}/results.jsonl"
    with httpx.stream("GET", url, cookies=cookies, timeout=60) as answer:
        User.objects.update(is_active=False)

        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()
