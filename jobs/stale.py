"""Telling open pages what changed: one message on a Redis channel, never the data itself (DESIGN 8).

A lost message costs nothing but time: pages poll slowly beside it.
"""

import logging
from collections.abc import Sequence
from functools import cache

import msgspec
import redis
from django.conf import settings

log = logging.getLogger(__name__)

MOST_JOBS = 500


class Stale(msgspec.Struct, frozen=True):
    """Project ``project`` is at ``version``; ``jobs`` changed (None: too many to name)."""

    project: int
    version: int
    jobs: list[int] | None = None


def announce(project_id: int, job_ids: Sequence[int], *, version: int) -> None:
    """Say, after the commit, which jobs of a project changed. Trouble with Redis is logged, not raised."""
    named = list(job_ids) if len(job_ids) <= MOST_JOBS else None
    message = msgspec.json.encode(Stale(project_id, version, named))
    try:
        _client(settings.REDIS_URL).publish(channel(settings.REDIS_URL), message)
    except redis.RedisError as exc:
        log.warning("stale signal not sent project=%s error=%s", project_id, type(exc).__name__)


def channel(redis_url: str) -> str:
    """Channels span all databases of a server, so the database's number is part of the name."""
    return f"batchboard:stale:{_client(redis_url).get_connection_kwargs().get('db', 0)}"


@cache
def _client(redis_url: str) -> redis.Redis:
    return redis.Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
