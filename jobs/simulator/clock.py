"""Simulated time: it stands still until moved, or runs with the wall clock, faster if wished."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The time of a simulated provider.

    ``now`` is where it starts (default: the wall's time); ``speed`` is simulated seconds per real second,
    0 = stands still. A child follows its parent and can be moved on its own.
    """

    def __init__(self, now: datetime | None = None, speed: float = 0.0, parent: "Clock | None" = None) -> None:
        self.speed, self.parent = speed, parent
        self.set(now or (parent.now() if parent else datetime.now(UTC)))

    def now(self) -> datetime:
        """Aware, in UTC."""
        return self._origin + self._elapsed()

    def set(self, moment: datetime) -> None:
        self._wound_at, self._parent_then = time.monotonic(), self.parent and self.parent.now()
        self._origin = moment.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        self.set(self.now() + timedelta(seconds=seconds))

    def child(self) -> "Clock":
        return Clock(parent=self)

    def _elapsed(self) -> timedelta:
        if self.parent and self._parent_then:
            return self.parent.now() - self._parent_then
        return timedelta(seconds=(time.monotonic() - self._wound_at) * self.speed)


def stamp(moment: datetime) -> str:
    """RFC 3339 with 0, 3 or 6 fraction digits, as proto3 JSON prints it (WIRE, notation)."""
    moment = moment.astimezone(UTC)
    if not moment.microsecond:
        return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
    digits = f"{moment.microsecond:06d}"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{digits[:3] if digits.endswith('000') else digits}Z"


def nano_stamp(moment: datetime) -> str:
    """The Gemini API's nine digits: clients must cut or round what their language cannot hold."""
    nanoseconds = moment.microsecond * 7 % 1000
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}{nanoseconds:03d}Z"
