"""A running `manage.py up`, as the person at its terminal sees it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from .processes import PATIENCE, REPOSITORY, clean_environment, process, until

CHILDREN = {"broker": "valkey-server", "web": "uvicorn", "worker": "celery", "simulator": "simulator"}
LAST_LINE = "Ctrl-C stops everything."


class Board:
    def __init__(self, data: Path, port: int, child: psutil.Popen, log: Path) -> None:
        self.data, self.child, self.log = data, child, log
        self.url = f"http://127.0.0.1:{port}"

    def said(self) -> str:
        return self.log.read_text()

    def pid(self, name: str) -> int:
        """The child of this name, once it has become its program; else 0."""
        for child in self.child.children():
            words = words_of(child)
            if CHILDREN[name] in words and not words.startswith("setpriv"):
                return child.pid
        return 0

    def stop(self, number: signal.Signals) -> list[psutil.Process]:
        """Send a signal to the supervisor alone; which of its family are alive a minute later."""
        family = self.child.children(recursive=True)
        self.child.send_signal(number)
        self.child.wait(timeout=PATIENCE)
        return psutil.wait_procs(family, timeout=PATIENCE)[1]


def words_of(child: psutil.Process) -> str:
    """Its command line; nothing of one that has just died."""
    try:
        return " ".join(child.cmdline())
    except psutil.Error:
        return ""


def up(*options: str) -> list[str]:
    return [sys.executable, "manage.py", "up", *options]


def environment(data: Path, port: int) -> dict[str, str]:
    return clean_environment(BATCHBOARD_DATA=str(data), PORT=str(port))


@contextmanager
def started(data: Path, port: int, log: Path, *options: str) -> Iterator[Board]:
    """A board that has said that it is ready."""
    with process(up(*options), environment(data, port), log) as child:
        board = Board(data, port, child, log)
        until(lambda: LAST_LINE in board.said() or child.poll() is not None, "the ready line", 3 * PATIENCE)
        yield board


def refused(data: Path, port: int) -> tuple[int, str]:
    """Exit status and complaint of a start that must end by itself."""
    done = subprocess.run(
        up(), cwd=REPOSITORY, env=environment(data, port), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return done.returncode, done.stderr
