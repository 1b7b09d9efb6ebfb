"""Measuring: servers of its own, medians of several runs, ratios against a reference of the same run."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

REPEATS = 5


def median(work: Callable[[], object], times: int = REPEATS, before: Callable[[], object] = lambda: None) -> float:
    """Seconds of ``work``, the median of ``times`` runs; ``before`` each run is not measured."""
    taken = []
    for _ in range(times):
        before()
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def say(what: str, value: str, hold: str = "", *, holds: bool | None = None) -> None:
    """One line of the report; ``hold`` is what must hold, with whether it does."""
    verdict = "" if holds is None else ("  held" if holds else "  NOT HELD")
    sys.stdout.write(f"  {what:<64} {value:>22}  {hold}{verdict}\n")
    sys.stdout.flush()


@contextmanager
def simulator(jobs: int, latency_ms: int = 0, accounts: int = 1, pages: str = "--fast") -> Iterator[dict[str, Any]]:
    """The reference server in a process of its own, its list ``pages`` prebuilt; yields what it says of itself."""
    words = ["simulator", "--port", "0", pages, "--accounts", str(accounts), "--jobs", str(jobs)]
    command = [sys.executable, "manage.py", *words, "--latency-ms", str(latency_ms)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"LOG_LEVEL": "ERROR"})
    try:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())
    finally:
        child.terminate()
        child.communicate(timeout=30)


@contextmanager
def board(database: str) -> Iterator[None]:
    """Empty servers as the tests have them, but writing to disk like a real one; Django set up on them."""
    from contextlib import ExitStack

    from tests import services

    with ExitStack() as stack:
        services.start(database, stack, durable=True)
        os.environ["REDIS_URL"] = services.redis_url(0)
        os.environ["BATCHBOARD_DATA"] = str(services.folder() / "data")
        os.environ |= {"PROJECT_REQUESTS_PER_MINUTE": "1000000", "LOG_LEVEL": "ERROR"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        yield
        connections.close_all()
