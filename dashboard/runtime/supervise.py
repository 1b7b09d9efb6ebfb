"""Run supervisord in the foreground and say on the terminal, in short lines, what happens.

Run as a script by `manage.py up`, so that the process that lives longest imports neither Django nor Celery.
"""

import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from supervisor import events
from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.supervisord import Supervisor

# What settings.LOGGING writes: date, time, level, name, message.
LOUD = re.compile(r"\S+ (?P<time>\d\d:\d\d:\d\d)\S* (?P<level>WARNING|ERROR|CRITICAL) (?P<message>.*)")
LINES_A_MINUTE = 20
DEATHS = (events.ProcessStateBackoffEvent, events.ProcessStateExitedEvent)


class Terminal:
    """Prints news: warnings and errors, deaths and returns."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.unfinished: dict[str, bytes] = defaultdict(bytes)
        self.said: dict[str, tuple[int, int]] = {}  # by program: a minute, and the lines shown in it
        self.died: set[str] = set()

    def listen(self) -> None:
        events.subscribe(events.ProcessLogEvent, self.heard)
        events.subscribe(events.ProcessStateEvent, self.changed)
        events.subscribe(events.SupervisorStoppingEvent, self.stopping)

    def stopping(self, event: Any) -> None:
        """From here on complaints are only of what is being taken away; the logs have them."""
        say("Stopping …")
        events.unsubscribe(events.ProcessLogEvent, self.heard)

    def heard(self, event: Any) -> None:
        name = event.process.config.name
        *lines, self.unfinished[name] = (self.unfinished[name] + event.data).split(b"\n")
        for line in lines:
            self.pass_on(name, line.decode(errors="replace"))

    def pass_on(self, name: str, line: str) -> None:
        if loud := LOUD.match(line):
            self.warn(name, f"{loud['time']} {name} {loud['level'].lower()}: {loud['message']}")

    def warn(self, name: str, line: str) -> None:
        """A process that complains without end must not push everything else off the screen."""
        minute = int(self.now() // 60)
        before, count = self.said.get(name, (minute, 0))
        self.said[name] = minute, count = minute, count + 1 if before == minute else 1
        if count < LINES_A_MINUTE:
            say(line)
        elif count == LINES_A_MINUTE:
            say(f"{name} says more, see logs/{name}.log")

    def changed(self, event: Any) -> None:
        name = event.process.config.name
        if isinstance(event, DEATHS):
            self.died.add(name)
            say(f"{self.clock()} {name} ended unexpectedly, starting it again (see logs/{name}.log)")
        elif isinstance(event, events.ProcessStateRunningEvent) and name in self.died:
            self.died.remove(name)
            say(f"{self.clock()} {name} runs again")

    def clock(self) -> str:
        return time.strftime("%H:%M:%S", time.localtime(self.now()))


class ForegroundSupervisor(Supervisor):  # type: ignore[misc]
    """Supervisord forgets its listeners when it starts, so ours are told then."""

    def runforever(self) -> None:
        Terminal().listen()
        super().runforever()


def say(line: str) -> None:
    """Print what may hold a provider's text: nothing in it may steer the terminal."""
    sys.stdout.write("".join(sign if sign.isprintable() else "�" for sign in line) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    """Serve until told to stop. A hang-up stops too: nobody is left to see what runs."""
    options = ServerOptions()
    options.realize(arguments)
    options.first, options.test = True, False
    try:
        ForegroundSupervisor(options).main()
    except ExitNow:
        say("Stopped.")
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
