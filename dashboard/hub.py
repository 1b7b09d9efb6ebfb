"""One Redis subscription for all streams of a process, and what each of them has yet to be told."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import msgspec
import redis
import redis.asyncio
from django.conf import settings

from jobs.stale import MOST_JOBS, RIGHTS, Stale, channel

log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 10.0
Pending = dict[int, set[int] | None]


@dataclass(eq=False)
class Listener:
    """One open stream: the projects it may hear of, and what changed in them since it last spoke.

    ``doubted``: the person's rights changed, so the projects are to be read again.
    """

    projects: frozenset[int]
    person: int
    pending: Pending = field(default_factory=dict)
    missed: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    doubted: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, stale: Stale) -> None:
        if stale.project not in self.projects:
            return
        known = self.pending.get(stale.project, set())
        joined = None if known is None or stale.jobs is None else known | set(stale.jobs)
        self.pending[stale.project] = joined if joined is None or len(joined) <= MOST_JOBS else None
        self.woken.set()

    def hear_of_gap(self) -> None:
        """Signals may have been lost: everything could be stale."""
        self.missed = True
        self.woken.set()

    def take(self) -> Pending | None:
        """What to tell now; None means everything. Forgets it."""
        taken = None if self.missed else self.pending
        self.pending, self.missed = {}, False
        self.woken.clear()
        return taken


class Hub:
    """Passes the channel on to listeners. Subscribes with the first and leaves with the last.

    ``heard`` counts the signals, and gaps in which some may have been lost; while ``following``, none is missed.
    """

    def __init__(self) -> None:
        self.heard = 0
        self._rights: Counter[int | None] = Counter()
        self.listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._subscribed = False
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def following(self) -> bool:
        return self._subscribed and self._task is not None and not self._task.done()

    @property
    def rights(self) -> int:
        """Another than before when anybody's rights may have changed meanwhile."""
        return self._rights.total()

    def rights_of(self, person: int) -> tuple[int, int]:
        """The same of one person's."""
        return self._rights[person], self._rights[None]

    def streams_of(self, person: int) -> int:
        """How many streams a person has open in this process."""
        return sum(listener.person == person for listener in self.listeners)

    @contextlib.contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        self.listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            self.listeners.discard(listener)
            if not self.listeners:
                self._leave()

    def _leave(self) -> None:
        """End the subscription; a second cancel would cut its farewell to Redis short."""
        task, self._task = self._task, None
        self._subscribed = False
        if task and not task.done():
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
            if not task.cancelling():
                task.cancel()

    async def close(self) -> None:
        """At the end of the process: wait until the subscription has ended in good order."""
        self._leave()
        await asyncio.gather(*self._leaving, return_exceptions=True)

    async def _follow(self) -> None:
        """Read the channel for ever; when Redis is away, try again and tell everybody of the gap."""
        wait = 0.1
        while not _told_to_end():
            try:
                async with redis.asyncio.Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as feed:
                    await feed.subscribe(channel(settings.REDIS_URL))
                    wait = 0.1
                    if not _told_to_end():
                        await self._pass_on(feed)
            except redis.RedisError as exc:
                self._subscribed = False
                log.warning("stream lost Redis error=%s retry_seconds=%.1f", type(exc).__name__, wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    async def _pass_on(self, feed: "redis.asyncio.client.PubSub") -> None:
        async for message in feed.listen():
            if message["type"] == "subscribe":
                self.heard += 1
                self._subscribed = True
                self._rights[None] += 1
                for listener in self.listeners:
                    listener.hear_of_gap()
            elif message["type"] == "message":
                self._tell(message["data"])

    def _tell(self, data: bytes) -> None:
        self.heard += 1
        try:
            stale = msgspec.json.decode(data, type=Stale)
        except msgspec.DecodeError:
            log.warning("stale signal not understood bytes=%d", len(data))
            return
        if stale.project == RIGHTS:
            return self._doubt(stale.person)
        for listener in self.listeners:
            listener.hear(stale)

    def _doubt(self, person: int | None) -> None:
        self._rights[person] += 1
        for listener in self.listeners:
            if person in (None, listener.person):
                listener.doubted.set()


def _told_to_end() -> bool:
    """Whether this task was cancelled: asyncio.wait_for, by which redis sends, may swallow that before Python 3.12."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running loop; a process has one loop, so one subscription."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
