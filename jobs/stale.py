"""Telling open pages what changed: one message on a Redis channel, never the data itself (DESIGN 8).

A lost message costs nothing but time: pages poll slowly beside it.
"""

import logging
from collections.abc import Sequence
from functools import cache, partial

import msgspec
import redis
from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)

MOST_JOBS = 500
# In place of a project's id: who sees or may do what changed
RIGHTS = 0


class Stale(msgspec.Struct, frozen=True):
    """Project ``project`` is at ``version``; ``jobs`` changed (None: too many to name).

    Of RIGHTS: those of ``person`` changed (None: of anybody).
    """

    project: int
    version: int
    jobs: list[int] | None = None
    person: int | None = None


def announce(project_id: int, job_ids: Sequence[int], *, version: int) -> None:
    """Say, after the commit, which jobs of a project changed. Trouble with Redis is logged, not raised."""
    named = list(job_ids) if len(job_ids) <= MOST_JOBS else None
    _send(Stale(project_id, version, named))


def announce_all(person_id: int | None = None) -> None:
    """Say, after the commit, that a person's pages may differ, or anybody's: rights changed, a project, a switch.

    No web process goes by what it knew.
    """
    transaction.on_commit(partial(_send, Stale(RIGHTS, 0, person=person_id)))


def _send(stale: Stale) -> None:
    try:
        _client(settings.REDIS_URL).publish(channel(settings.REDIS_URL), msgspec.json.encode(stale))
    except redis.RedisError as exc:
        # Rights are read anew within seconds all the same, and a command by hand may have no Redis.
        level = logging.DEBUG if stale.project == RIGHTS else logging.WARNING
        log.log(level, "stale signal not sent project=%s error=%s", stale.project, type(exc).__name__)


def channel(redis_url: str) -> str:
    """Channels span all databases of a server, so the database's number is part of the name."""
    return f"batchboard:stale:{_client(redis_url).get_connection_kwargs().get('db', 0)}"


@cache
def _client(redis_url: str) -> redis.Redis:
    return redis.Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
