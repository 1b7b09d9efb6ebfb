"""Waiting for what another process does."""

import os
import time
from collections.abc import Callable

LOOK_EVERY = 0.05
WAIT_SECONDS = 60.0


def wait_until(true: Callable[[], bool], complaint: str) -> None:
    """Raise TimeoutError with ``complaint`` after a minute, SystemExit as soon as the parent process has ended."""
    parent, deadline = os.getppid(), time.monotonic() + WAIT_SECONDS
    while not true():
        if os.getppid() != parent:
            raise SystemExit(1)
        if time.monotonic() > deadline:
            raise TimeoutError(complaint)
        time.sleep(LOOK_EVERY)
