"""The stretch of time in the address."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from jobs.timeline.window import LONGEST, SHORTEST, Window
from tests.conftest import AT

BERLIN = ZoneInfo("Europe/Berlin")


def moment(hour: int, minute: int = 0, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def parse(query: str) -> tuple[Window, list[str]]:
    return Window.parse(QueryDict(query), AT, BERLIN)


def test_is_the_last_day_and_a_little_ahead_unless_told_otherwise() -> None:
    assert parse("") == (Window(moment(12, day=21), moment(13), "24h"), [])


def test_a_name_means_until_now() -> None:
    assert parse("range=6h") == (Window(moment(6), moment(12, 15), "6h"), [])


def test_a_moment_without_an_offset_is_the_reader_s() -> None:
    assert parse("range=custom&from=2026-11-22T10:00&to=2026-11-22T12:00") == (Window(moment(9), moment(11)), [])


def test_a_moment_with_an_offset_is_the_same_for_everybody() -> None:
    assert parse("from=2026-11-22T10:00Z&to=2026-11-22T12:00Z") == (Window(moment(10), moment(12)), [])


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("range=yesterday", "No such time range: “yesterday”."),
        ("from=2026-11-22T10:00", "The time range needs a start and an end; the last 24 hours are shown."),
        ("from=x&to=0001-01-01T00:00%2B14:00", "The time range needs a start and an end; the last 24 hours are shown."),
    ],
)
def test_nonsense_is_told_and_left_out(query: str, note: str) -> None:
    assert parse(query) == (Window.last("24h", AT), [note])


def test_a_start_behind_the_end_is_swapped() -> None:
    assert parse("from=2026-11-22T12:00Z&to=2026-11-22T10:00Z") == (
        Window(moment(10), moment(12)),
        ["The start was later than the end; they are swapped."],
    )


def test_too_long_a_range_is_cut() -> None:
    window, notes = parse("from=2001-01-01T00:00Z&to=2026-11-22T10:00Z")

    assert (window.length, notes) == (LONGEST, ["At most 366 days are shown at once."])


def test_moves_by_a_share_of_itself() -> None:
    assert Window(moment(8), moment(12)).moved(-0.5) == Window(moment(6), moment(10))


def test_zooms_about_its_middle() -> None:
    assert Window(moment(8), moment(12)).zoomed(0.5, AT) == Window(moment(9), moment(11))


def test_what_is_until_now_zooms_about_now() -> None:
    assert Window.last("24h", AT).zoomed(0.5, AT) == Window(moment(0), moment(12, 30))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(0, 10**6), st.floats(0.01, 50))
def test_never_leaves_its_bounds_and_reads_what_it_writes(start: datetime, minutes: int, factor: float) -> None:
    whole = Window(start.replace(tzinfo=UTC), start.replace(tzinfo=UTC) + timedelta(minutes=minutes))

    window = whole.zoomed(factor, AT).moved(factor - 1)

    assert SHORTEST <= window.length <= LONGEST + timedelta(minutes=1)
    params = QueryDict(mutable=True)
    params.update(window.params)
    assert Window.parse(params, AT, BERLIN)[0].start - window.start <= timedelta(minutes=1)
