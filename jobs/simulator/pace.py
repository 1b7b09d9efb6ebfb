"""How unevenly a job works: noise that lasts a while, and in its middle a change of pace for good."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random

PIECES = 40
NOISE, LASTING = 0.2, 0.5  # of the logarithm of the time a piece takes; how much of it the next piece keeps
MIDDLE = (0.35, 0.65)  # of the work
STRONGEST = 1.5

Curve = Sequence[float]
"""The share of the time at which each of equal pieces of the work is done: ascending, from 0 to 1."""


def uneven(random: Random, *, changes: bool = True) -> Curve:
    """A pace that wavers; with ``changes`` also one that becomes up to ``STRONGEST`` times faster or slower."""
    turn = PIECES * random.uniform(*MIDDLE) if changes else PIECES
    factor = STRONGEST ** random.uniform(-1, 1)
    waver, times = random.gauss(0, NOISE), []
    for piece in range(PIECES):
        times.append(2.718281828**waver * (factor if piece >= turn else 1))
        waver = LASTING * waver + random.gauss(0, NOISE * (1 - LASTING**2) ** 0.5)
    whole = sum(times)
    return [0.0, *(passed / whole for passed in accumulate(times))]


def worked(curve: Curve, share: float) -> float:
    """The share of the work done after ``share`` of the time."""
    if share >= 1 or len(curve) < 2:
        return min(share, 1.0)
    piece = min(bisect_right(curve, share), len(curve) - 1)
    begun, ended = curve[piece - 1], curve[piece]
    within = (share - begun) / (ended - begun) if ended > begun else 1.0
    return (piece - 1 + within) / (len(curve) - 1)
