"""One request budget per project, in Redis: a rate and a number in flight, shared by all workers (DESIGN 5)."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock, Thread
from uuid import uuid4

import limits
import redis
from django.conf import settings

from jobs.providers.base import TransientError

log = logging.getLogger(__name__)


class BudgetUsedUp(TransientError):
    """The project's turn did not come within 30 s; nothing was asked."""


LONGEST_WAIT = 30.0
SLOT_LIFETIME = 6.0  # seconds after which a slot of a killed worker frees itself
RENEW_EVERY = 1.0  # seconds; a live process keeps its slots, however long a request or a download takes
_TAKE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[1], 300)
return 1
"""


@contextmanager
def slot(project_id: int) -> Iterator[None]:
    """Wait for the project's turn, then hold one of its requests in flight.

    Raise BudgetUsedUp after 30 s without a turn. Without Redis (a command by hand), the process keeps the rate
    by itself.
    """
    try:
        taken = _take(project_id)
    except redis.RedisError as exc:
        _say_once(type(exc).__name__)
        _wait_until(lambda: _local_rate().hit(_per_minute(), str(project_id)))
        yield
        return
    try:
        yield
    finally:
        _give_back(project_id, taken)


@lru_cache(maxsize=8)
def _say_once(error: str) -> None:
    log.warning("no Redis (%s): this process keeps the request budget by itself", error)


def _take(project_id: int) -> str:
    token = uuid4().hex
    _wait_until(lambda: _shared_rate().hit(_per_minute(), str(project_id)))
    _wait_until(lambda: _enter(project_id, token))
    _slots.hold(_key(project_id), token)
    return token


def _enter(project_id: int, token: str) -> bool:
    now = time.time()
    most = settings.PROJECT_REQUESTS_IN_FLIGHT
    arguments = (str(now), str(now + SLOT_LIFETIME), token, str(most))
    return bool(_server().eval(_TAKE, 1, _key(project_id), *arguments))


def _give_back(project_id: int, token: str) -> None:
    _slots.drop(token)
    try:
        _server().zrem(_key(project_id), token)
    except redis.RedisError:
        log.warning("budget slot frees itself later project=%s", project_id)


class _Slots:
    """The slots this process holds, renewed by one thread for as long as the process lives."""

    def __init__(self) -> None:
        self._held: dict[str, str] = {}
        self._lock, self._thread = Lock(), Thread()

    def hold(self, key: str, token: str) -> None:
        with self._lock:
            self._held[token] = key
            if not self._thread.is_alive():  # the first one, or the first one after a fork
                self._thread = Thread(target=self._renew, name="budget", daemon=True)
                self._thread.start()

    def drop(self, token: str) -> None:
        with self._lock:
            self._held.pop(token, None)

    def _renew(self) -> None:
        while True:
            time.sleep(RENEW_EVERY)
            with self._lock:
                held = list(self._held.items())
            try:
                self._write(held)
            except redis.RedisError as exc:
                log.warning("budget slots not renewed error=%s", type(exc).__name__)

    def _write(self, held: list[tuple[str, str]]) -> None:
        """Only those still there: one given back meanwhile stays given back."""
        until = time.time() + SLOT_LIFETIME
        with _server().pipeline(transaction=False) as batch:
            for token, key in held:
                batch.zadd(key, {token: until}, xx=True)
            batch.execute()


_slots = _Slots()


def _wait_until(ready: Callable[[], bool]) -> None:
    deadline, pause = time.monotonic() + LONGEST_WAIT, 0.005
    while not ready():
        if time.monotonic() > deadline:
            raise BudgetUsedUp("The project's request budget is used up; it goes on by itself in a minute.")
        time.sleep(pause)
        pause = min(pause * 2, 0.5)


def _key(project_id: int) -> str:
    return f"batchboard:in-flight:{project_id}"


def _per_minute() -> limits.RateLimitItem:
    return limits.RateLimitItemPerMinute(settings.PROJECT_REQUESTS_PER_MINUTE)


@lru_cache(maxsize=1)
def _server() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)


@lru_cache(maxsize=1)
def _shared_rate() -> limits.strategies.RateLimiter:
    uri = settings.REDIS_URL.replace("unix://", "redis+unix://", 1)
    storage = limits.storage.storage_from_string(uri, wrap_exceptions=False)
    return limits.strategies.SlidingWindowCounterRateLimiter(storage)


@lru_cache(maxsize=1)
def _local_rate() -> limits.strategies.RateLimiter:
    return limits.strategies.SlidingWindowCounterRateLimiter(limits.storage.MemoryStorage())
