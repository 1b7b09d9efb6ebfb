"""Hostile text in a log line stays inside it."""

import logging
import sys

from dashboard.logs import OneLine

FORGED = "\n2026-11-22 12:00:00 ERROR root forged\x1b[2J\u202e"


def record(message: str, error: Exception | None = None) -> logging.LogRecord:
    caught = sys.exc_info() if error else None
    return logging.LogRecord("jobs", logging.INFO, "", 0, "not read job=%s", (message,), caught)


def test_a_message_begins_no_line_of_its_own() -> None:
    line = OneLine("%(levelname)s %(message)s").format(record(FORGED))

    assert line == r"INFO not read job=\n2026-11-22 12:00:00 ERROR root forged\x1b[2J\u202e"


def test_nor_does_the_text_of_an_exception() -> None:
    try:
        raise ValueError(FORGED)
    except ValueError as error:
        lines = OneLine("%(message)s").format(record("a", error)).split("\n")

    assert lines[-1] == r"  2026-11-22 12:00:00 ERROR root forged\x1b[2J\u202e"
