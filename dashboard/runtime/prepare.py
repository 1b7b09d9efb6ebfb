"""What must be true before the first process starts; each refusal is one sentence."""

import fcntl
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from django.core.management import call_command
from django.db import OperationalError, connections


class CannotStart(Exception):
    """Another start is running or something is in the way; ``str()`` says what to do."""


def hold(folder: Path, address: str) -> int:
    """Take the data folder for this start; the descriptor returned holds it, through exec, until the process ends."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / "running", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        other = os.read(handle, 200).decode(errors="replace")
        os.close(handle)
        raise CannotStart(f"Batchboard is already running at {other} with the data in {folder}.") from exc
    os.set_inheritable(handle, True)
    os.ftruncate(handle, 0)
    os.write(handle, address.encode())
    return handle


def refuse_taken(host: str, port: int) -> None:
    """Raise CannotStart when nobody could listen at ``host`` and ``port``."""
    try:
        probe(host, port)
    except OSError as exc:
        raise CannotStart(
            f"Port {port} on {host} is taken ({exc.strerror}): stop what listens there, or choose another by PORT=…"
        ) from exc


def probe(host: str, port: int) -> int:
    """Listen for a moment; the port that was free (0 asks the system for one). Raise OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1)
        return int(listener.getsockname()[1])


def kept_port(path: Path) -> int:
    """The port chosen at an earlier start if it is still free, else a new one: addresses stay what they were."""
    try:
        port = probe("127.0.0.1", int(path.read_text()))
    except (OSError, ValueError, OverflowError):
        port = probe("127.0.0.1", 0)
    path.write_text(str(port))
    return port


def kept_moment(path: Path) -> datetime:
    """When something began: now at its first start, the same at every later one."""
    if not path.exists():
        path.write_text(datetime.now(UTC).isoformat())
    return datetime.fromisoformat(path.read_text())


def own_folder(folder: Path) -> None:
    """Make the folder of a socket; raise CannotStart when it belongs to somebody else, who could read along."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.geteuid():
        raise CannotStart(f"{folder} belongs to another user: remove it, or choose a shorter BATCHBOARD_DATA.")


def database_and_files() -> None:
    """Bring schema and static files to this version."""
    try:
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    except OperationalError as exc:
        raise CannotStart(f"The database does not answer; check DATABASE_URL. {exc}".strip()) from exc
    call_command("collectstatic", interactive=False, verbosity=0)


def close_database() -> None:
    """Let go of every connection, and of PostgreSQL's pool with its threads: a fork would share them."""
    for connection in connections.all():
        connection.close()
        if close_pool := getattr(connection, "close_pool", None):
            close_pool()
