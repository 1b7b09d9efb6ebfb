"""Open pages as a browser keeps them: a stream that says what is stale, and fetching the fragment anew (live.js)."""

import asyncio
import json
import random
import re
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs

SPREAD_SECONDS = 0.3  # static/js/live.js waits at random up to this long
PATIENCE_SECONDS = 60
HOT = re.compile(rb"hot-(\d+)-(\d+)")


@dataclass
class Log:
    """What all pages saw: seconds from commit to rows by change, requests, answers, failures."""

    committed: dict[tuple[int, int], float] = field(default_factory=dict)
    latest: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)
    received: int = 0
    troubles: list[str] = field(default_factory=list)

    def commit(self, project: int, number: int) -> None:
        self.committed[project, number] = time.perf_counter()
        self.latest[project] = number


class OpenPage:
    """One tab: ``view`` is the query string of its list."""

    def __init__(self, port: int, session: str, view: str, log: Log) -> None:
        self.port, self.session, self.view, self.log = port, session, view, log
        self.projects = {int(pk) for pk in parse_qs(view).get("project", [])}
        self.tag, self.shown = "", dict[int, int]()
        self.dirty = asyncio.Event()
        self.live = asyncio.Event()

    async def stay(self) -> None:
        """Follow and fetch until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._refresh())

    async def _follow(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            await self._ask(writer, "/stream/", "")
            status, _ = await head(reader)
            assert status == 200, status
            self.live.set()
            while line := await reader.readline():
                if line.startswith(b"data: ") and self._concerned(json.loads(line[6:])["projects"]):
                    self.dirty.set()
            raise ConnectionError("the stream ended")
        finally:
            writer.close()

    def _concerned(self, projects: dict[str, object] | None) -> bool:
        return projects is None or not self.projects or any(int(pk) in self.projects for pk in projects)

    async def _refresh(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while True:
            await self.dirty.wait()
            await asyncio.sleep(random.random() * SPREAD_SECONDS)
            self.dirty.clear()
            if reader.at_eof():  # the server closes connections that rested
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._fetch(reader, writer)

    async def _fetch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        condition = f"If-None-Match: {self.tag}\r\n" if self.tag else ""
        await self._ask(writer, f"/?{self.view}", f"HX-Request: true\r\n{condition}")
        status, headers = await head(reader)
        body = await reader.readexactly(int(headers.get("content-length", 0))) if status != 304 else b""
        self.tag = headers.get("etag", "")
        self.log.answers[status] = self.log.answers.get(status, 0) + 1
        self.log.received += len(body)
        self._see(body, time.perf_counter())

    def _see(self, body: bytes, at: float) -> None:
        """Note how old each change was that is shown for the first time; those it outran count as well."""
        for project, number in {(int(one), int(two)) for one, two in HOT.findall(body)}:
            before = self.shown.get(project, 0)
            for missed in range(before + 1, number + 1):
                if committed := self.log.committed.get((project, missed)):
                    self.log.seconds.append(at - committed)
            self.shown[project] = max(number, before)

    async def _ask(self, writer: asyncio.StreamWriter, path: str, more: str) -> None:
        cookie = f"Cookie: sessionid={self.session}\r\n"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookie}{more}\r\n".encode())
        await writer.drain()


async def head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Status and headers of one answer."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines[1:] if line)
    return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}
