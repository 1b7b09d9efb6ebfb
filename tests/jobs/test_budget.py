"""One request budget per project, shared through Redis."""

import threading
import time
from typing import cast

import pytest
import redis
from pytest_django import Settings

from jobs import budget
from jobs.providers.base import TransientError
from tests.live import wait_until


def test_no_more_requests_are_in_flight_than_allowed(redis_client: redis.Redis, settings: Settings) -> None:
    settings.PROJECT_REQUESTS_IN_FLIGHT = 2
    inside, most, lock = 0, 0, threading.Lock()

    def request() -> None:
        nonlocal inside, most
        with budget.slot(7):
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.02)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (inside, most) == (0, 2)


def test_a_used_up_rate_ends_in_one_sentence(
    redis_client: redis.Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PROJECT_REQUESTS_PER_MINUTE = 1
    monkeypatch.setattr(budget, "LONGEST_WAIT", 0.05)
    with budget.slot(8):
        pass

    with pytest.raises(TransientError, match="request budget is used up"), budget.slot(8):
        pass


def test_projects_have_budgets_of_their_own(redis_client: redis.Redis, settings: Settings) -> None:
    settings.PROJECT_REQUESTS_PER_MINUTE = 1
    with budget.slot(9), budget.slot(10):
        held = [redis_client.zcard(f"batchboard:in-flight:{project}") for project in (9, 10)]

    assert held == [1, 1]


def test_a_slot_is_given_back_after_trouble(redis_client: redis.Redis) -> None:
    with pytest.raises(RuntimeError), budget.slot(11):
        raise RuntimeError

    assert redis_client.zcard("batchboard:in-flight:11") == 0


def test_a_slot_is_held_as_long_as_its_request_lasts_but_not_by_the_dead(
    redis_client: redis.Redis,
) -> None:
    key, ended = "batchboard:in-flight:13", time.time() - 1
    with budget.slot(13):
        [mine] = cast(list[str], redis_client.zrange(key, 0, -1))
        redis_client.zadd(key, {mine: ended, "of a killed worker": ended})
        wait_until(lambda: (redis_client.zscore(key, mine) or 0) > time.time())
        with budget.slot(13):
            held = redis_client.zrange(key, 0, -1)

    assert len(held) == 2
    assert mine in held


def test_without_redis_a_command_goes_on(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    budget._server.cache_clear()
    budget._shared_rate.cache_clear()
    try:
        with budget.slot(12):
            pass
    finally:
        budget._server.cache_clear()
        budget._shared_rate.cache_clear()

    assert "no Redis" in caplog.text
