"""Jobs into lanes where none covers another; what finds no room is folded, and counted (pure functions)."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, nsmallest
from itertools import accumulate

from .spans import Span

MOST_DRAWN = 5_000
MOST_GROUPS = 40
# Lanes of one group: as many as it needs while all groups need few, so that a page never grows endless
FEWEST_LANES, MOST_LANES, ALL_LANES = 12, 60, 240
FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Frame:
    """The window in seconds since 1970; ``least`` seconds are the shortest bar that can be seen."""

    start: int
    end: int
    least: int

    def until(self, one: Span) -> int:
        """From when on its lane is free again: a live job keeps it."""
        if one.live:
            return FOREVER
        seen = one.created + self.least
        return (one.ended if one.ended > seen else seen) + self.least // 3

    def begins(self, one: Span) -> int:
        return one.created if one.created > self.start else self.start

    def length(self, one: Span) -> int:
        """Of what is seen of it."""
        return (one.ended if one.ended < self.end else self.end) - self.begins(one)


@dataclass(frozen=True, slots=True)
class Group:
    """The jobs of one ``key``; None for all that share the last group. Every one is in a lane or folded."""

    key: int | str | None
    lanes: list[list[Span]]
    folded: list[Span]

    @property
    def drawn(self) -> int:
        return sum(map(len, self.lanes))

    @property
    def matched(self) -> int:
        return self.drawn + len(self.folded)


def arrange(
    spans: Iterable[Span],
    frame: Frame,
    key: Callable[[Span], int | str],
    *,
    drawn: int = MOST_DRAWN,
    lanes: int | None = None,
    groups: int = MOST_GROUPS,
) -> list[Group]:
    """All ``spans`` by ``key``, the ``drawn`` longest in at most ``lanes`` lanes a group, the largest group first.

    More than ``groups`` keys: the smallest share the last group.
    """
    members = grouped(list(spans), key, groups)
    every = [one for those in members.values() for one in those]
    longest = every if len(every) <= drawn else nsmallest(drawn, every, key=lambda one: (-frame.length(one), one.pk))
    chosen = {one.pk for one in longest}
    picked = {name: [one for one in those if one.pk in chosen] for name, those in members.items()}
    lanes = lanes or most_lanes([depth(those, frame) for those in picked.values()])
    made = []
    for name, those in members.items():
        placed, crowded = fit(picked[name], frame, lanes)
        made.append(Group(name, placed, [*crowded, *(one for one in those if one.pk not in chosen)]))
    return made


def depth(spans: Sequence[Span], frame: Frame) -> int:
    """How many lanes hold all ``spans``."""
    steps = [(frame.begins(one), 1) for one in spans] + [(frame.until(one), -1) for one in spans]
    return max(accumulate(step for _, step in sorted(steps)), default=0)


def most_lanes(needed: Sequence[int]) -> int:
    """How many lanes each group may have at most, so that all together keep to the page where that is possible."""
    fitting = (
        most for most in range(MOST_LANES, FEWEST_LANES, -1) if sum(min(need, most) for need in needed) <= ALL_LANES
    )
    return next(fitting, FEWEST_LANES)


def grouped(spans: Sequence[Span], key: Callable[[Span], int | str], most: int) -> dict[int | str | None, list[Span]]:
    sizes = Counter(map(key, spans))
    largest = sorted(sizes, key=lambda name: (-sizes[name], str(name)))
    kept = set(largest if len(largest) <= most else largest[: most - 1])
    members: dict[int | str | None, list[Span]] = {name: [] for name in largest if name in kept}
    rest: list[Span] = []
    for one in spans:
        (members[key(one)] if key(one) in kept else rest).append(one)
    return members | {None: rest} if rest else members


def fit(spans: Iterable[Span], frame: Frame, lanes: int) -> tuple[list[list[Span]], list[Span]]:
    """At most ``lanes`` lanes, and what found no room: where more than that meet, the shortest."""
    ordered = sorted(spans, key=lambda one: (frame.begins(one), one.pk))
    crowded = _crowded(ordered, frame, lanes)
    left_out = {one.pk for one in crowded}
    placed: list[list[Span]] = []
    taken: list[tuple[int, int]] = []
    free: list[int] = []
    for one in ordered:
        if one.pk in left_out:
            continue
        while taken and taken[0][0] <= frame.begins(one):
            heappush(free, heappop(taken)[1])
        if not free:
            free.append(len(placed))
            placed.append([])
        lane = heappop(free)
        placed[lane].append(one)
        heappush(taken, (frame.until(one), lane))
    return placed, crowded


def _crowded(ordered: Iterable[Span], frame: Frame, lanes: int) -> list[Span]:
    """By two heaps of those that meet: who leaves first, and who is the shortest."""
    left_out: dict[int, Span] = {}
    leaving: list[tuple[int, int]] = []
    shortest: list[tuple[int, int, Span]] = []
    met: set[int] = set()
    for one in ordered:
        begin = frame.begins(one)
        while leaving and leaving[0][0] <= begin:
            met.discard(heappop(leaving)[1])
        heappush(leaving, (frame.until(one), one.pk))
        heappush(shortest, (frame.length(one), -one.pk, one))
        met.add(one.pk)
        while len(met) > lanes:
            least = heappop(shortest)[2]
            if least.pk in met:
                met.discard(least.pk)
                left_out[least.pk] = least
    return list(left_out.values())


def density(folded: Iterable[Span], frame: Frame, buckets: int) -> list[int]:
    """How many of ``folded`` begin in each of so many equal parts of the frame; older ones count in the first."""
    counts = [0] * buckets
    for one in folded:
        place = (frame.begins(one) - frame.start) * buckets // (frame.end - frame.start)
        counts[min(max(place, 0), buckets - 1)] += 1
    return counts
