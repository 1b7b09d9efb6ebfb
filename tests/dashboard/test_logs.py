"""Hostile text in a log line stays inside it."""

import logging
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
from django.urls import reverse

from dashboard.logs import OneLine
from jobs.models import Project, User
from tests.conftest import ClientFor

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


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What the product's own handler writes meanwhile."""
    [handler] = [one for one in logging.getLogger().handlers if isinstance(one.formatter, OneLine)]
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(StringIO())
    yield handler.stream
    handler.setStream(before)


@pytest.mark.usefixtures("redis_client")
def test_who_is_refused_is_told_in_one_line(
    written: StringIO, client_for: ClientFor, victor: User, project: Project
) -> None:
    address = reverse("project_edit", args=[project.pk])

    assert client_for(victor).get(address).status_code == 403

    [line] = written.getvalue().splitlines()
    assert line.endswith(f"WARNING django.request Forbidden (Permission denied): {address}")
