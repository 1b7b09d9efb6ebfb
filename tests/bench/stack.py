"""The embedded stack: how long to the demo's first page, and its memory and CPU at rest."""

import os
import subprocess
import sys
import tempfile
import time
from typing import Any

import httpx
import psutil

from tests.bench.demo import demo, greeting, running
from tests.bench.tools import say, simulator

PROJECTS, JOBS = 10, 200
LOOK_SECONDS, MOST_SECONDS, WATCH_SECONDS = 10, 420, 60
CALM = 20  # % of a core: below it, first syncs are over and results saved
HOLD_SECONDS, HOLD_MIB, HOLD_SHARE = 8, 350, 5


def main() -> None:
    """The demo with its simulator; then ten projects at providers whose clock stands still."""
    with tempfile.TemporaryDirectory() as data:
        measure_demo(data)
    with (
        tempfile.TemporaryDirectory() as data,
        simulator(JOBS, accounts=PROJECTS, pages="--speed=0") as world,
        running(data, []) as stack,
    ):
        greeting(stack)
        for account in world["accounts"]:
            add_project(data, account, world["base_url"])
        weigh(f"{len(world['accounts'])} projects in which nothing changes", stack, HOLD_SHARE)


def measure_demo(data: str) -> None:
    """With the simulator among its processes, and jobs that go on; first it saves some 3 GB of results."""
    started = time.perf_counter()
    with demo(data) as (address, _, stack):
        answered = httpx.get(f"{address}/accounts/login/").is_success
        first = time.perf_counter() - started
        holds = answered and first <= HOLD_SECONDS
        say("first page after `manage.py up --demo`", f"{first:.1f} s", f"<= {HOLD_SECONDS} s", holds=holds)
        weigh("three projects with running jobs, and their simulator", stack)


def measure_still(data: str, world: dict[str, Any]) -> None:
    with running(data, []) as stack:
        greeting(stack)
        for account in world["accounts"]:
            add_project(data, account, world["base_url"])
        weigh(f"{PROJECTS} projects in which nothing changes", stack, HOLD_SHARE)


def add_project(data: str, account: dict[str, Any], base_url: str) -> None:
    words = [account["name"], "--provider", account["kind"], "--base-url", base_url, "--credential-env", "SECRET"]
    if account["kind"] == "vertex":
        words += ["--cloud-project", account["cloud_project"], "--location", account["location"]]
        words += ["--storage-url", base_url, "--bigquery-url", base_url]
    secret = account["key"] if account["kind"] == "gemini" else account["token"]
    command = [sys.executable, "manage.py", "add_project", *words]
    environment = os.environ | {"BATCHBOARD_DATA": data, "SECRET": secret}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def weigh(what: str, stack: "subprocess.Popen[str]", most: float | None = None) -> None:
    rest(stack)
    processes = family(stack)
    share = cpu_share(processes, WATCH_SECONDS)
    memory = sum(process.memory_full_info().pss for process in processes) / 2**20
    holds = memory <= HOLD_MIB
    say(what, f"{memory:.0f} MiB PSS", f"<= {HOLD_MIB}; {len(processes)} processes", holds=holds)
    hold = f"<= {most} %" if most else ""
    say("their CPU", f"{share:.1f} % of a core", hold, holds=share <= most if most else None)


def rest(stack: "subprocess.Popen[str]") -> None:
    """Until they do little, or for ever so long."""
    for _ in range(MOST_SECONDS // LOOK_SECONDS):
        time.sleep(LOOK_SECONDS)  # who greeted has ended then
        if cpu_share(family(stack), LOOK_SECONDS) < CALM:
            return


def family(stack: "subprocess.Popen[str]") -> list[psutil.Process]:
    """All that it started, and itself."""
    first = psutil.Process(stack.pid)
    return [first, *first.children(recursive=True)]


def cpu_share(processes: list[psutil.Process], seconds: float) -> float:
    """Per cent of a core."""
    before = cpu_seconds(processes)
    time.sleep(seconds)
    return 100 * (cpu_seconds(processes) - before) / seconds


def cpu_seconds(processes: list[psutil.Process]) -> float:
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


if __name__ == "__main__":
    main()
