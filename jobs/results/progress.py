"""How far saving is, told in passing: kept in the cache for open pages; only the archive's row says what is saved."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import redis
from django.core.cache import cache

from jobs import stale
from jobs.models import BatchJob

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=2)
KEPT_SECONDS = 120  # as long as a worker may say nothing


class Progress(NamedTuple):
    """Bytes that have come, and how many there are; None where the provider does not tell."""

    come: int
    size: int | None

    @property
    def percent(self) -> int | None:
        return min(100 * self.come // self.size, 99) if self.size else None


@dataclass(slots=True)
class Telling:
    """Tells pages of one job how far it is, no more often than ``EVERY``."""

    job: BatchJob
    size: int | None
    now: Callable[[], datetime]
    come: int = 0
    told_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        """What an earlier attempt told is over. Pages need not hear of what is done within seconds."""
        self.told_at = self.now()
        self._keep()

    def tick(self, size: int) -> None:
        """``size`` more bytes have come."""
        self.come, at = self.come + size, self.now()
        if at - self.told_at >= EVERY:
            self.told_at = at
            self._keep()
            stale.announce(self.job.project_id, [self.job.pk], version=self.job.project.version)

    def _keep(self) -> None:
        try:
            cache.set(_key(self.job), (self.come, self.size), KEPT_SECONDS)
        except redis.RedisError as exc:
            log.warning("progress not told job=%s error=%s", self.job.pk, type(exc).__name__)


def progress_of(job: BatchJob) -> Progress | None:
    """What was told last; None where nothing was of late."""
    try:
        told = cache.get(_key(job))
    except redis.RedisError:
        return None
    return Progress(*told) if told else None


def _key(job: BatchJob) -> str:
    return f"saving:{job.pk}"
