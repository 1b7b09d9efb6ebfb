"""Real processes in tests: started, watched by polling within bounds, ended for certain."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx
import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
T = TypeVar("T")
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = iter(range(20_000 + 200 * _worker + os.getpid() % 100, 32_000))
PATIENCE = 60.0  # seconds, on a busy machine


def until(found: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """What ``found`` returns as soon as it is true; AssertionError with ``what`` when that takes too long."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)
    return value


def clean_environment(**variables: str) -> dict[str, str]:
    """Nothing of this process but what programs need to be found."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"} | variables


@contextmanager
def process(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[psutil.Popen]:
    """``command`` with its output in ``log``; ended with everything it started."""
    with log.open("ab") as output:
        child = psutil.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, cwd=REPOSITORY, start_new_session=True
        )
    try:
        yield child
    finally:
        end(child)


def end(child: psutil.Popen) -> None:
    family = [*child.children(recursive=True), child] if child.is_running() else []
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    _, alive = psutil.wait_procs(family, timeout=PATIENCE)
    for one in alive:
        one.kill()
    child.wait()


def get(url: str) -> int:
    """The status of the answer, 0 when there is none."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code
    except httpx.TransportError:
        return 0


def free_port() -> int:
    """A port below those that the system gives to whoever asks for any, and given once: so it stays free until used."""
    for port in _ports:
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise AssertionError("No port is free.")
