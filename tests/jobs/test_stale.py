"""What open pages are told when jobs changed."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import redis
from django.conf import settings
from pytest_django import Settings

from jobs import stale


@pytest.fixture
def heard(redis_client: "redis.Redis") -> Iterator[Any]:
    """A subscription to the channel of this database."""
    with redis_client.pubsub() as listener:  # type: ignore[no-untyped-call]
        listener.subscribe(stale.channel(settings.REDIS_URL))
        listener.get_message(timeout=60)
        yield listener


def test_names_project_version_and_jobs(heard: Any) -> None:
    stale.announce(3, [7, 8], version=12)

    message = heard.get_message(timeout=60)
    assert msgspec.json.decode(message["data"]) == {"project": 3, "version": 12, "jobs": [7, 8], "person": None}


def test_too_many_jobs_are_not_named(heard: Any) -> None:
    stale.announce(3, range(501), version=12)

    message = heard.get_message(timeout=60)
    assert msgspec.json.decode(message["data"])["jobs"] is None


def test_trouble_with_redis_is_logged_not_raised(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"

    stale.announce(3, [7], version=12)

    assert caplog.messages == ["stale signal not sent project=3 error=ConnectionError"]
