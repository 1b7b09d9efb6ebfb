"""How the rows of a job's results ended, as a bar, pills and words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from jobs.results.classes import Outcome

from .figures import share

BAR = 600
LEAST = 3.0  # so that one failed row of a million is still seen
# The colours are those of states: an outcome never stands in one without its word
COLOURS = {
    Outcome.OK: "succeeded",
    Outcome.TRUNCATED: "partial",
    Outcome.BLOCKED: "expired",
    Outcome.EMPTY: "queued",
    Outcome.FAILED: "failed",
    Outcome.BROKEN: "unknown",
}


class Counted(Protocol):
    """Numbers of rows by outcome: an archive has them."""

    ok: int
    failed: int
    truncated: int
    blocked: int
    empty: int
    broken: int


@dataclass(frozen=True, slots=True)
class Segment:
    """One outcome's part of the bar, in units of BAR."""

    outcome: Outcome
    number: int
    share: str
    x: str
    width: str

    @property
    def colour(self) -> str:
        return COLOURS[self.outcome]


def segments(counted: Counted) -> list[Segment]:
    """The outcomes that occur, the good ones first; together as wide as the bar."""
    numbers = {outcome: int(getattr(counted, outcome.value)) for outcome in COLOURS}
    present = {outcome: number for outcome, number in numbers.items() if number}
    return list(_placed(present, sum(present.values())))


def in_words(counted: Counted) -> str:
    """`49,120 OK, 880 failed`: the bar without the picture."""
    each = [f"{segment.number:,} {_word(segment.outcome)}" for segment in segments(counted)]
    return ", ".join(each) or "no rows"


def _word(outcome: Outcome) -> str:
    return outcome.label if outcome is Outcome.OK else outcome.value


def _placed(present: dict[Outcome, int], total: int) -> Iterator[Segment]:
    widths = {outcome: max(BAR * number / total, LEAST) for outcome, number in present.items()}
    scale, x = BAR / sum(widths.values()) if widths else 1.0, 0.0
    for outcome, width in widths.items():
        number = present[outcome]
        yield Segment(outcome, number, share(number, total), f"{x:.1f}", f"{width * scale:.1f}")
        x += width * scale
