"""The embedded stack with the demo's projects: how long to the first page, how much memory and CPU when idle."""

import tempfile
import time

import httpx
import psutil

from tests.bench.demo import demo
from tests.bench.tools import say

SETTLE_SECONDS, WATCH_SECONDS = 20, 60


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        started = time.perf_counter()
        with demo(data) as (address, _):
            answered = httpx.get(f"{address}/accounts/login/").is_success
            first = time.perf_counter() - started
            say("first page after `manage.py up --demo`", f"{first:.1f} s", "<= 8 s", holds=answered and first <= 8)
            time.sleep(SETTLE_SECONDS)
            weigh(family())


def family() -> list[psutil.Process]:
    """All that the demo started; it is the only child of this process."""
    return psutil.Process().children(recursive=True)


def weigh(processes: list[psutil.Process]) -> None:
    before = cpu_seconds(processes)
    time.sleep(WATCH_SECONDS)
    share = 100 * (cpu_seconds(processes) - before) / WATCH_SECONDS
    memory = sum(process.memory_full_info().pss for process in processes) / 2**20
    say(
        f"memory of {len(processes)} processes, simulator included",
        f"{memory:.0f} MiB PSS",
        "<= 350 MB",
        holds=memory <= 350,
    )
    say("CPU of all, three projects with running jobs", f"{share:.1f} % of a core", "<= 5 %", holds=share <= 5)


def cpu_seconds(processes: list[psutil.Process]) -> float:
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


if __name__ == "__main__":
    main()
