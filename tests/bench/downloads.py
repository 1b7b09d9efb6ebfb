"""A gigabyte through the web process, from the provider and from an archive, beside curl of the provider itself.

Memory is the growth of the web process; pages are asked for while twenty clients have stopped reading.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil

from tests.bench.tools import board, p95, say

SIZE = int(os.environ.get("BENCH_DOWNLOAD_BYTES", str(2**30)))
RUNS, PAGES, STALLED = 3, 100, 20
HOLD_SHARE, HOLD_GROWTH, HOLD_PAGE_MS = 0.25, 40, 50


def main() -> None:
    with board("postgresql"), upstream() as told, web() as (process, url):
        provided, archived, session = prepared(told)
        original = f"{told['url']}/v1beta/{told['output']}:download?alt=media", f"x-goog-api-key: {told['key']}"
        direct = list[float]()
        rates: dict[str, list[float]] = {"from the provider": [], "from the archive": []}
        growth = Growth(process)
        for _ in range(RUNS):
            direct.append(curl(*original))
            for what, job in zip(rates, (provided, archived), strict=True):
                rates[what].append(curl(f"{url}/download/jobs/{job}/results.jsonl", f"Cookie: {session}"))
        grown = growth.end()
        report(direct, rates, grown)
        pages(url, session, [provided, archived])


def report(direct: list[float], rates: dict[str, list[float]], grown: float) -> None:
    reference = statistics.median(direct)
    say(f"curl of the upstream, {SIZE / 2**20:.0f} MiB", f"{reference:.0f} MB/s")
    for what, each in rates.items():
        rate = statistics.median(each)
        share = rate / reference
        say(f"download {what}", f"{rate:.0f} MB/s, {share:.2f} ×", f">= {HOLD_SHARE} ×", holds=share >= HOLD_SHARE)
    say("growth of the web process", f"{grown:.0f} MiB", f"<= {HOLD_GROWTH} MiB", holds=grown <= HOLD_GROWTH)


def pages(url: str, session: str, jobs: list[int]) -> None:
    """Over one connection, as a browser has it."""
    name, _, value = session.partition("=")
    with httpx.Client(base_url=url, cookies={name: value}) as browser, ExitStack() as stalled:
        alone = page_times(browser)
        for number in range(STALLED):
            stalled.enter_context(stopped(url, session, jobs[number % 2]))
        beside = page_times(browser)
    value = f"{1000 * p95(beside):.0f} ms (alone {1000 * p95(alone):.0f})"
    holds = 1000 * p95(beside) <= HOLD_PAGE_MS
    say(f"job list p95 beside {STALLED} stalled downloads", value, f"<= {HOLD_PAGE_MS} ms", holds=holds)


def page_times(browser: httpx.Client) -> list[float]:
    taken = []
    for _ in range(PAGES):
        started = time.perf_counter()
        assert browser.get("/").status_code == 200
        taken.append(time.perf_counter() - started)
    return taken[5:]


@contextmanager
def stopped(url: str, session: str, job: int) -> Iterator[None]:
    """A client that asked and reads no further."""
    place = urlsplit(url)
    request = f"GET /download/jobs/{job}/results.jsonl HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {session}\r\n\r\n"
    with socket.create_connection((place.hostname, place.port)) as client:
        client.sendall(request.encode())
        assert client.recv(12) == b"HTTP/1.1 200"
        yield


def curl(url: str, header: str) -> float:
    """Megabytes a second."""
    words = ["curl", "-sS", "--fail", "-o", "/dev/null", "-w", "%{speed_download}", "-H", header, url]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout) / 1e6


class Growth:
    """The most that a process grows by, looked at every 20 ms."""

    def __init__(self, process: psutil.Process) -> None:
        self.process, self.before = process, process.memory_info().rss
        self.most, self.over = self.before, False
        self.thread = Thread(target=self._watch)
        self.thread.start()

    def _watch(self) -> None:
        while not self.over:
            self.most = max(self.most, self.process.memory_info().rss)
            time.sleep(0.02)

    def end(self) -> float:
        """In MiB."""
        self.over = True
        self.thread.join()
        return (self.most - self.before) / 2**20


@contextmanager
def upstream() -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "tests.bench.upstream", str(SIZE)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())
    finally:
        child.kill()
        child.communicate()


@contextmanager
def web() -> Iterator[tuple[psutil.Process, str]]:
    """The web process alone, warmed up by a page."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "dashboard.asgi:application", "--port", str(port)]
    child = subprocess.Popen([*command, "--log-level", "error", "--no-access-log"])
    try:
        wait_for(f"http://127.0.0.1:{port}/health")
        yield psutil.Process(child.pid), f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(20)


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(url)


def prepared(told: dict[str, Any]) -> tuple[int, int, str]:
    """A job whose results are at the provider, the same saved, and a session that may open both."""
    from django.conf import settings
    from django.utils import timezone

    from jobs.credentials import Credential
    from jobs.models import Project, User
    from jobs.results.reading import open_results
    from tests.factories import make_job
    from tests.live import session_of
    from tests.results.saved import save_parts

    project = Project(name="Bench", provider="gemini", base_url=told["url"])
    project.set_credential(Credential("api_key", told["key"]), at=timezone.now())
    project.save()
    for _ in range(60):
        make_job(project)
    provided = make_job(project, name=told["name"], output=told["output"])
    source = open_results(provided)
    archived = make_job(project, name=f"{told['name']}x")
    save_parts(archived, source.chunks(source.parts[0]))
    session = session_of(User.objects.create_superuser("bench"))
    return provided.pk, archived.pk, f"{settings.SESSION_COOKIE_NAME}={session}"


if __name__ == "__main__":
    main()
