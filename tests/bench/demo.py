"""The demo as its users start it, with all its processes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from jobs.simulator.serve import listen


@contextmanager
def demo(data: str) -> Iterator[tuple[str, str]]:
    """The whole demo on a free port; yields its address and password."""
    with listen("127.0.0.1", 0) as free:
        port = str(free.getsockname()[1])
    environment = os.environ | {"BATCHBOARD_DATA": data, "PORT": port}
    command = [sys.executable, "manage.py", "up", "--demo"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield greeting(child)
    finally:
        child.terminate()
        child.communicate(timeout=30)


def greeting(child: "subprocess.Popen[str]") -> tuple[str, str]:
    said = ""
    assert child.stdout is not None
    while not (found := re.search(r"(http://\S+)\n.*password “(.+?)”", said)):
        line = child.stdout.readline()
        if not line:
            raise SystemExit(f"The demo did not start: {said}")
        said += line
    return found[1], found[2]
