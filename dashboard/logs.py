"""Log lines that hold a provider's or a visitor's text."""

import logging
from textwrap import indent
from typing import Any


class OneLine(logging.Formatter):
    """One record, one line: nothing in a message begins another or steers the terminal; tracebacks are set in."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _plain(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return indent("\n".join(map(_plain, super().formatException(ei).split("\n"))), "  ")


def refusals_without_traceback(record: logging.LogRecord) -> bool:
    """A filter that lets all pass: who may not open a page made no error, so that a line tells it."""
    if getattr(record, "status_code", 0) == 403:
        record.exc_info = None
    return True


def _plain(line: str) -> str:
    return line if line.isprintable() else "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)
