"""Everything on one machine as its users start it, with all its processes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from jobs.simulator.serve import listen

READY = re.compile(r"(http://\S+)\n.*Logs: ", re.DOTALL)


@contextmanager
def demo(data: str) -> Iterator[tuple[str, str, "subprocess.Popen[str]"]]:
    """With simulated providers; yields its address, the password and the process."""
    with running(data, ["--demo"]) as child:
        said = greeting(child)
        found = re.search(r"(http://\S+)\n.*password “(.+?)”", said)
        assert found, said
        yield found[1], found[2], child


@contextmanager
def running(data: str, options: list[str]) -> Iterator["subprocess.Popen[str]"]:
    """`manage.py up` on a free port."""
    with listen("127.0.0.1", 0) as free:
        port = str(free.getsockname()[1])
    command = [sys.executable, "manage.py", "up", *options]
    environment = os.environ | {"BATCHBOARD_DATA": data, "PORT": port}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield child
    finally:
        child.terminate()
        child.communicate(timeout=30)


def greeting(child: "subprocess.Popen[str]") -> str:
    """What it says once pages answer."""
    said = ""
    assert child.stdout is not None
    while not READY.search(said):
        line = child.stdout.readline()
        if not line:
            raise SystemExit(f"The stack did not start: {said}")
        said += line
    return said
