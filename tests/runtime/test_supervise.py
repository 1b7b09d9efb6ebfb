"""What the supervisor's terminal shows of what its children say."""

from types import SimpleNamespace

import pytest
from supervisor import events

from dashboard.runtime.supervise import Terminal

Captured = pytest.CaptureFixture[str]
WEB = SimpleNamespace(config=SimpleNamespace(name="web"), pid=7, backoff=0)


def output(text: str) -> events.ProcessLogStdoutEvent:
    return events.ProcessLogStdoutEvent(WEB, 7, text.encode())


def test_errors_are_shown_and_news_are_not(capsys: Captured) -> None:
    terminal = Terminal()

    terminal.heard(output("2026-11-22 12:00:00,001 INFO jobs.sync synced project=1\n"))
    terminal.heard(output("2026-11-22 12:00:01,002 ERROR jobs.sync failed project=1\n"))

    assert capsys.readouterr().out == "12:00:01 web error: jobs.sync failed project=1\n"


def test_a_line_may_come_in_pieces(capsys: Captured) -> None:
    terminal = Terminal()

    terminal.heard(output("2026-11-22 12:00:01,002 WARN"))
    terminal.heard(output("ING jobs late\n2026-11-22"))

    assert capsys.readouterr().out == "12:00:01 web warning: jobs late\n"


def test_nothing_in_a_line_steers_the_terminal(capsys: Captured) -> None:
    Terminal().heard(output("2026-11-22 12:00:01,002 ERROR jobs \x1b]0;owned\x07\u202e\n"))

    assert capsys.readouterr().out == "12:00:01 web error: jobs �]0;owned��\n"


def test_a_flood_is_cut_short(capsys: Captured) -> None:
    seconds = [60.0]
    terminal = Terminal(lambda: seconds[0])
    flood = output("2026-11-22 12:00:01,002 ERROR jobs again\n" * 100)

    terminal.heard(flood)
    lines = capsys.readouterr().out.splitlines()
    seconds[0] = 120.0
    terminal.heard(flood)

    assert (len(lines), lines[-1]) == (20, "web says more, see logs/web.log")
    assert len(capsys.readouterr().out.splitlines()) == 20


def test_a_death_and_the_return_are_told(capsys: Captured) -> None:
    terminal = Terminal()

    terminal.changed(events.ProcessStateRunningEvent(WEB, None))
    terminal.changed(events.ProcessStateExitedEvent(WEB, None))
    terminal.changed(events.ProcessStateRunningEvent(WEB, None))

    told = [line.split(maxsplit=1)[1] for line in capsys.readouterr().out.splitlines()]
    assert told == ["web ended unexpectedly, starting it again (see logs/web.log)", "web runs again"]
