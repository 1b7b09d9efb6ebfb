"""Open pages of an operation hear each step of it through the signal that all pages follow."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import redis
from django.conf import settings

from jobs import operations, stale
from jobs.models import Action

from .conftest import Yard

pytestmark = pytest.mark.django_db(transaction=True)
Heard = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def heard(redis_client: "redis.Redis") -> Iterator[Heard]:
    """``heard()``: what was announced since the last call."""
    with redis_client.pubsub(ignore_subscribe_messages=True) as listener:  # type: ignore[no-untyped-call]
        listener.subscribe(stale.channel(settings.REDIS_URL))
        listener.get_message(timeout=5)

        def heard() -> list[dict[str, Any]]:
            redis_client.publish(stale.channel(settings.REDIS_URL), b"null")
            told = []
            while (message := listener.get_message(timeout=5)) is None or message["data"] != b"null":
                told += [msgspec.json.decode(message["data"])] if message else []
            return told

        yield heard


def test_each_step_is_announced_once_it_is_stored(gemini: Yard, heard: Heard) -> None:
    operation = gemini.plan(Action.DELETE, gemini.fill(2))
    heard()
    news = {"project": gemini.project.pk, "jobs": []}

    operations.confirm(operation, actor=gemini.actor, reason="tidy up")
    confirmed = heard()
    gemini.pass_time(11)
    operations.start(gemini.actor.at)
    started = heard()
    gemini.run(operation)
    ended = heard()

    assert [{key: told[key] for key in news} for told in (*confirmed, *started)] == [news, news]
    assert operation.status == "done"
    assert {told["project"] for told in ended} == {gemini.project.pk}


def test_a_step_back_is_announced_too(gemini: Yard, heard: Heard) -> None:
    operation = gemini.plan(Action.DELETE, gemini.fill())
    operations.confirm(operation, actor=gemini.actor, reason="oops")
    heard()

    operations.undo(operation, actor=gemini.actor)

    assert [told["project"] for told in heard()] == [gemini.project.pk]
