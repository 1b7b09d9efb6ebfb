"""The stretch of time that is looked at: read from a query string, moved, zoomed, written back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

from django.http import QueryDict

RANGES = {
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
USUAL = "24h"
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(days=366)
YEARS = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start`` up to, not including, ``end``. ``named``: a key of RANGES for "until now", else empty.

    A named range ends a little after now, so that the rest of what runs has room.
    """

    start: datetime
    end: datetime
    named: str = ""

    @classmethod
    def last(cls, name: str, at: datetime) -> Self:
        return cls(at - RANGES[name], at + RANGES[name] / 24, name)

    @classmethod
    def parse(cls, params: QueryDict, at: datetime, zone: tzinfo = UTC) -> tuple[Self, list[str]]:
        """The window of ``range`` or of ``from`` and ``to``, and a sentence for what made no sense.

        A moment without an offset is meant in ``zone``.
        """
        name = params.get("range") or ""
        if name in RANGES:
            return cls.last(name, at), []
        begun, ended = params.get("from") or "", params.get("to") or ""
        if not (begun or ended):
            return cls.last(USUAL, at), [f"No such time range: “{_shown(name)}”."] if name not in ("", "custom") else []
        return cls._custom(_moment(begun, zone), _moment(ended, zone), at)

    @classmethod
    def _custom(cls, start: datetime | None, end: datetime | None, at: datetime) -> tuple[Self, list[str]]:
        if start is None or end is None:
            return cls.last(USUAL, at), ["The time range needs a start and an end; the last 24 hours are shown."]
        notes = ["The start was later than the end; they are swapped."] if start > end else []
        made = cls(min(start, end), max(start, end))
        if made.length > LONGEST:
            notes.append(f"At most {LONGEST.days} days are shown at once.")
        return made._bounded(), notes

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def params(self) -> dict[str, str]:
        """What a query string says of it: the moments carry their zone, so that a shared link means the same."""
        if self.named:
            return {} if self.named == USUAL else {"range": self.named}
        return {"from": _stamp(self.start), "to": _stamp(self.end)}

    def moved(self, share: float) -> Self:
        """Later by ``share`` of its length, earlier for a negative one."""
        return type(self)(self.start + self.length * share, self.end + self.length * share)._bounded()

    def zoomed(self, factor: float, at: datetime) -> Self:
        """``factor`` times as long. What is up to now stays up to now, else the middle stays."""
        pivot = at if self.start < at < self.end and self.named else self.start + self.length / 2
        before, after = (pivot - self.start) * factor, (self.end - pivot) * factor
        return type(self)(pivot - before, pivot + after)._bounded()

    def _bounded(self) -> Self:
        """On whole minutes, not too short or long, within the years that are understood."""
        length = min(max(self.length, SHORTEST), LONGEST)
        first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in (YEARS[0], YEARS[-2]))
        middle = self.start + self.length / 2
        start = self.start if length == self.length else middle - length / 2
        start = min(max(start, first), last).replace(second=0, microsecond=0)
        return type(self)(start, start + timedelta(minutes=-(-length // timedelta(minutes=1))))


def _moment(text: str, zone: tzinfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return moment.astimezone(UTC) if moment.year in YEARS else None
    except (ValueError, OverflowError):
        return None


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _shown(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)[:40]
