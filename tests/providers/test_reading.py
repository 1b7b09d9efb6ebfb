"""The readers of single values: times, numbers, text."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from jobs.providers.reading import count, identity, line, moment, small_integer, text

TEN = datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-01T10:00:00Z", TEN),
        ("2026-03-01T10:00:00", TEN),
        ("2026-03-01T15:00:00+05:00", TEN),
        ("2026-03-01T10:00:00.123456789Z", TEN.replace(microsecond=123456)),
        ("2026-03-01T10:00:00.5Z", TEN.replace(microsecond=500000)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1969-12-31T23:59:59Z", None),
        ("2200-01-01T00:00:01Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("2026-13-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (1772359200, None),
        (None, None),
    ],
)
def test_moments(written: Any, read: datetime | None) -> None:
    assert moment(written) == read


def test_a_moment_without_zone_is_utc_wherever_the_server_stands() -> None:
    new_york = datetime(2026, 11, 22, tzinfo=ZoneInfo("America/New_York"))

    with time_machine.travel(new_york):  # sets this process's time zone too
        assert moment("2026-03-01T10:00:00") == TEN


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5", 5),
        (5, 5),
        (5.9, 5),
        ("-1", None),
        (-1, None),
        (True, None),
        ("5.0", None),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (str(2**63), None),
        (float("nan"), None),
        (float("inf"), None),
        ([5], None),
        (None, None),
    ],
)
def test_counts(written: Any, read: int | None) -> None:
    assert count(written) == read


def test_error_codes_fit_32_bits() -> None:
    assert [small_integer(value) for value in (13, "7", -5, 2**31 - 1, 2**31, "x")] == [
        13,
        7,
        -5,
        2**31 - 1,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a\x00b\ud800c", "a\ufffdb\ufffdc"),
        (5, "5"),
        (True, ""),
        (None, ""),
        ({}, ""),
        ("x" * 11, "x" * 9 + "…"),
        ("<b>", "<b>"),
    ],
)
def test_text_is_bounded_and_can_be_stored(written: Any, read: str) -> None:
    assert text(written, 10) == read


def test_a_line_moves_no_cursor() -> None:
    assert line(" One.\r\n\tTwo\x1b[31m \u202eeerht\u2029 ", 50) == "One. Two[31m eerht"


def test_names_that_had_to_change_carry_a_digest() -> None:
    assert identity("batches/a", b"") == "batches/a"
    assert identity("a\ufffd", b"") == "a\ufffd" != identity("a\x00", b"")
    assert identity(" ", b"1").startswith("unnamed/")
    assert identity("", b"1") != identity("", b"2")
