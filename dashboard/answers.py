"""Fragments that are ready, sent again without asking Django: 1,000 open pages hear the same signal (DESIGN 8, 10).

A fragment says who gets the same (its audience: the projects they may see, and what they chose). It is sent again to
whoever is known to belong there, unless any signal was heard since its making began, for at most SECONDS: so it is as
fresh as what Django would make. Whose rights changed is a signal too, after which Django is asked who they are. Those
who ask for what is being made wait for it, and the tabs of a browser until one of them was told who they are. Without
the signals, that is before the first stream or when Redis is away, Django is asked.
"""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple
from weakref import WeakKeyDictionary

from a2wsgi.asgi_typing import ASGIApp, HTTPScope, Receive, Send, SendEvent

from .door import session_key
from .hub import hub

AUDIENCE = b"x-audience"
SECONDS = 15.0
MOST, MOST_READERS, LARGEST = 200, 10_000, 400_000
# Fragments made at once: each is a thread of Python beside the one that serves all streams
AT_ONCE = 2
Headers = list[tuple[bytes, bytes]]


class Asked(NamedTuple):
    """A fragment somebody asks for; ``tag`` is the one they have."""

    session: str
    path: str
    query: bytes
    tag: bytes

    @property
    def reader(self) -> tuple[str, str]:
        """What an audience is known of."""
        return self.session, self.path

    @classmethod
    def of(cls, scope: HTTPScope) -> "Asked | None":
        headers = dict(scope["headers"])
        if scope["method"] != "GET" or b"hx-request" not in headers or b"hx-history-restore-request" in headers:
            return None
        session = session_key(scope)
        if not session:
            return None
        return cls(session, scope["path"], scope["query_string"], headers.get(b"if-none-match", b""))


class Key(NamedTuple):
    audience: bytes
    path: str
    query: bytes


class Reader(NamedTuple):
    """To which audience a session belongs ``until`` then, if the ``person`` has still the same ``rights``."""

    audience: bytes
    person: int
    rights: tuple[int, int]
    until: float


@dataclass(frozen=True, slots=True)
class Answer:
    """``heard``: how many signals (and acts of people here) there had been when its making began at ``at``."""

    audience: bytes
    heard: int
    at: float
    headers: Headers
    body: bytes

    def holds(self, heard: int) -> bool:
        return self.heard >= heard and monotonic() - self.at < SECONDS

    async def send_to(self, asked: Asked, send: Send) -> None:
        unchanged = asked.tag and (b"etag", asked.tag) in self.headers
        headers = [pair for pair in self.headers if not unchanged or pair[0] != b"content-length"]
        await send({"type": "http.response.start", "status": 304 if unchanged else 200, "headers": headers})
        body = b"" if unchanged else self.body
        await send({"type": "http.response.body", "body": body, "more_body": False})


@dataclass(eq=False, slots=True)
class Making:
    """An answer that is being made, or is about to be: then it will hold for all signals ``heard`` until it begins."""

    made: "asyncio.Future[Answer | None]"
    heard: float = math.inf


def remembering(pages: ASGIApp) -> ASGIApp:
    """``pages``, with what they made remembered by each event loop; a process has one."""
    kept: WeakKeyDictionary[asyncio.AbstractEventLoop, Answers] = WeakKeyDictionary()

    async def application(scope: HTTPScope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        if loop not in kept:
            kept[loop] = Answers(pages)
        await kept[loop](scope, receive, send)

    return application


class Answers:
    """``pages``, with the fragments they made in the last seconds."""

    def __init__(self, pages: ASGIApp) -> None:
        self.pages = pages
        self.acts = 0
        self.free = asyncio.Semaphore(AT_ONCE)
        self.readers: OrderedDict[tuple[str, str], Reader] = OrderedDict()
        self.ready: OrderedDict[Key, Answer] = OrderedDict()
        self.making: dict[Key, Making] = {}
        self.asking: dict[tuple[str, str], asyncio.Event] = {}

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        asked = Asked.of(scope)
        if asked and hub().following:
            return await self._answer(asked, scope, receive, send)
        await self.pages(scope, receive, _without_audience(send))
        if scope["method"] not in ("GET", "HEAD"):
            self._forget(session_key(scope))

    def _forget(self, session: str) -> None:
        """Something was done, maybe without a signal: nothing made before is sent again, not even to who did it."""
        self.acts += 1
        for reader in [reader for reader in self.readers if reader[0] == session]:
            del self.readers[reader]

    async def _answer(self, asked: Asked, scope: HTTPScope, receive: Receive, send: Send) -> None:
        heard, audience = self._heard, await self._told(asked)
        key = Key(audience, asked.path, asked.query) if audience else None
        answer = self.ready.get(key) if key else None
        if key and not (answer and answer.holds(heard)):
            answer = await self._being_made(key, heard)
        if answer and answer.holds(heard):
            return await answer.send_to(asked, send)
        await self._make(asked, key, scope, receive, send)

    @property
    def _heard(self) -> int:
        return hub().heard + self.acts

    async def _told(self, asked: Asked) -> bytes:
        """To which audience they belong, maybe once another tab of the same browser was told."""
        audience, told = self._audience(asked), self.asking.get(asked.reader)
        if audience or told is None:
            return audience
        await told.wait()
        return self._audience(asked)

    def _audience(self, asked: Asked) -> bytes:
        """Empty when Django must be asked; by one tab of a browser, while the others go on for a moment."""
        now, reader = monotonic(), self.readers.get(asked.reader)
        if reader is None or reader.rights != hub().rights_of(reader.person):
            return b""
        if now < reader.until:
            return reader.audience
        if now < reader.until + SECONDS:
            self.readers[asked.reader] = reader._replace(until=now + SECONDS / 5)
        return b""

    async def _being_made(self, key: Key, heard: int) -> Answer | None:
        making = self.making.get(key)
        return await asyncio.shield(making.made) if making and making.heard >= heard else None

    async def _make(self, asked: Asked, key: Key | None, scope: HTTPScope, receive: Receive, send: Send) -> None:
        making, answer = Making(asyncio.get_running_loop().create_future()), None
        if key:
            self.making[key] = making
        try:
            with self._telling(asked.reader):
                said, answer = await self._ask(asked, making, scope, receive)
        finally:
            making.made.set_result(answer if key and answer and answer.audience == key.audience else None)
            if key and self.making.get(key) is making:
                del self.making[key]
        if answer is None:
            return await said.repeat(send)
        self._keep(Key(answer.audience, asked.path, asked.query), answer)
        await answer.send_to(asked, send)

    @contextmanager
    def _telling(self, reader: tuple[str, str]) -> Iterator[None]:
        """Other tabs of the browser wait until it is over."""
        told = self.asking.setdefault(reader, asyncio.Event())
        try:
            yield
        finally:
            told.set()
            self.asking.pop(reader, None)

    async def _ask(
        self, asked: Asked, making: Making, scope: HTTPScope, receive: Receive
    ) -> tuple["Said", Answer | None]:
        """What Django says, and the answer if others may have it too."""
        said = Said()
        async with self.free:
            heard, at, rights = self._heard, monotonic(), hub().rights
            making.heard = heard
            await self.pages(_unconditional(scope), receive, said.hear)
        if said.audience and rights == hub().rights:
            self._learn(asked, said, at)
        return said, said.answer(heard, at)

    def _learn(self, asked: Asked, said: "Said", at: float) -> None:
        rights = hub().rights_of(said.person)
        self.readers[asked.reader] = Reader(said.audience, said.person, rights, at + SECONDS)
        self.readers.move_to_end(asked.reader)
        while len(self.readers) > MOST_READERS:
            self.readers.popitem(last=False)

    def _keep(self, key: Key, answer: Answer) -> None:
        if len(answer.body) <= LARGEST:
            self.ready[key] = answer
            self.ready.move_to_end(key)
        while len(self.ready) > MOST:
            self.ready.popitem(last=False)


class Said:
    """What Django answered."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 500, Headers(), bytearray()
        self.audience, self.person = b"", 0

    async def hear(self, message: SendEvent) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = [(name.lower(), value) for name, value in message.get("headers", [])]
            self.audience, _, person = dict(given).get(AUDIENCE, b"").partition(b" ")
            self.person = int(person or 0)
            self.headers = [pair for pair in given if pair[0] != AUDIENCE]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def answer(self, heard: int, at: float) -> Answer | None:
        """What may be sent to others too."""
        personal = any(name == b"set-cookie" for name, _ in self.headers)
        if self.status != 200 or not self.audience or personal:
            return None
        return Answer(self.audience, heard, at, self.headers, bytes(self.body))

    async def repeat(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": bytes(self.body), "more_body": False})


def _unconditional(scope: HTTPScope) -> HTTPScope:
    """What is made for many is made whole, whatever the first of them has."""
    headers = [pair for pair in scope["headers"] if pair[0] != b"if-none-match"]
    return {**scope, "headers": headers}


def _without_audience(send: Send) -> Send:
    async def sending(message: SendEvent) -> None:
        if message["type"] == "http.response.start":
            headers = [pair for pair in message.get("headers", []) if pair[0].lower() != AUDIENCE]
            message = {**message, "headers": headers}
        await send(message)

    return sending
