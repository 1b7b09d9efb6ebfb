"""The curve of a job's progress, and the bar of its time, with what is expected of it."""

from datetime import datetime, timedelta

import pytest

from dashboard.curve import Ahead, Curve
from dashboard.figures import Life, Spans
from dashboard.outlook import Ends
from jobs.models import ProgressSample

MINUTE = timedelta(minutes=1)


@pytest.fixture
def samples(at: datetime) -> list[ProgressSample]:
    """Half of 1,000 requests in the last 20 minutes."""
    return [
        ProgressSample(at=at - 20 * MINUTE, succeeded=0, failed=0),
        ProgressSample(at=at, succeeded=490, failed=10),
    ]


def ends(at: datetime, *minutes: int) -> Ends:
    return Ends(*(at + each * MINUTE for each in minutes))


def test_goes_on_to_where_it_is_expected_to_end(samples: list[ProgressSample], at: datetime) -> None:
    curve = Curve.of(samples, 1_000, ends(at, 10, 15, 20))

    assert curve
    assert curve.points == "0.0,130.0 300.0,65.0"
    assert curve.area == "0,130 0.0,130.0 300.0,65.0 300.0,130.0"
    words = "Dashed: expected to end about 12:15 UTC; four of five jobs alike end between 12:10 UTC and 12:20 UTC."
    assert curve.ahead
    assert (curve.ahead.now, curve.ahead.share) == ("300.0", "50.0%")
    assert curve.ahead == Ahead("300.0,65.0 525.0,0.0", "300.0,65.0 450.0,0.0 600.0,0.0", 0.5, words)


def test_a_far_end_leaves_a_third_to_the_past(samples: list[ProgressSample], at: datetime) -> None:
    curve = Curve.of(samples, 1_000, ends(at, 10, 80, 600))

    assert curve
    assert curve.ahead
    assert curve.points == "0.0,130.0 200.0,65.0"
    assert curve.ahead.line == "200.0,65.0 1000.0,0.0"


def test_what_is_due_points_straight_up(samples: list[ProgressSample], at: datetime) -> None:
    curve = Curve.of(samples, 1_000, ends(at, -5, -1, 20))

    assert curve
    assert curve.ahead
    assert curve.ahead.line == "300.0,65.0 300.0,0.0"


def test_its_edges_say_how_much_and_when(samples: list[ProgressSample], at: datetime) -> None:
    curve = Curve.of(samples, 1_000, ends(at, 10, 15, 20))

    assert curve
    assert (curve.top, curve.begins, curve.ends) == ("1,000", "11:40 UTC", "12:20 UTC")


@pytest.mark.parametrize(("minutes", "share", "inside"), [(20, "50.0%", False), (2, "90.9%", True)])
def test_now_stands_beside_its_line(
    samples: list[ProgressSample], at: datetime, minutes: int, share: str, inside: bool
) -> None:
    curve = Curve.of(samples, 1_000, ends(at, 1, 2, minutes))

    assert curve
    assert curve.ahead
    assert (curve.ahead.share, curve.ahead.at_the_end) == (share, inside)


@pytest.mark.parametrize("total", [None, 0])
def test_without_a_total_nothing_is_drawn_ahead(samples: list[ProgressSample], at: datetime, total: int | None) -> None:
    curve = Curve.of(samples, total, ends(at, 10, 15, 20))

    assert curve
    assert curve.ahead is None
    assert curve.points == "0.0,130.0 600.0,0.0"


@pytest.mark.parametrize("counts", [0, 1])
def test_one_count_makes_no_curve(samples: list[ProgressSample], at: datetime, counts: int) -> None:
    assert Curve.of(samples[:counts], 1_000, ends(at, 10, 15, 20)) is None


@pytest.mark.parametrize(
    ("spans", "rest", "life"),
    [
        (
            Spans(10 * MINUTE, 20 * MINUTE, 30 * MINUTE),
            30 * MINUTE,
            Life("25.0", "50.0", "75.0", "75.0", "10 min → 20 min, then 30 min expected"),
        ),
        (
            Spans(30 * MINUTE, None, 30 * MINUTE),
            30 * MINUTE,
            Life("75.0", "0.0", "75.0", "75.0", "30 min → –, then 30 min expected"),
        ),
        (
            Spans(10 * MINUTE, 20 * MINUTE, 30 * MINUTE),
            0 * MINUTE,
            Life("50.0", "100.0", "150.0", "0.0", "10 min → 20 min"),
        ),
        (Spans(None, None, 0 * MINUTE), 0 * MINUTE, Life("0.0", "150.0", "150.0", "0.0", "0 s in all")),
    ],
)
def test_the_bar_shares_its_width(spans: Spans, rest: timedelta, life: Life) -> None:
    assert Life.of(spans, rest) == life
