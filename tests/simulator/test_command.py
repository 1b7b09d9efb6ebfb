"""``manage.py simulator`` as a process, and the fast mode."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from jobs.simulator.clock import Clock
from jobs.simulator.serve import build, listen, serving
from tests.fixtures_simulator import NOON

MANAGE = [sys.executable, str(Path(__file__).parents[2] / "manage.py"), "simulator"]


@pytest.fixture
def process() -> Iterator["subprocess.Popen[str]"]:
    command = [*MANAGE, "--port", "0", "--jobs", "30", "--seed", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        yield running
        running.kill()


def world(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout
    known: dict[str, Any] = json.loads(process.stdout.readline())
    return known


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_stops_when_told(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    known = world(process)
    gemini = known["accounts"][0]
    answer = httpx.get(f"{known['base_url']}/v1beta/batches", headers={"x-goog-api-key": gemini["key"]}, timeout=60)

    process.send_signal(number)

    assert [account["kind"] for account in known["accounts"]] == ["gemini", "gemini", "vertex"]
    assert len(answer.json()["operations"]) == 10
    assert (process.wait(60), process.stderr and process.stderr.read()) == (0, "")


@pytest.mark.processes
def test_a_taken_port_says_so_in_one_line() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run([*MANAGE, "--port", port], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines() == [
        f"CommandError: Cannot listen on 127.0.0.1:{port}: [Errno 98] Address already in use. Choose another --port."
    ]


def test_a_served_world_goes_on() -> None:
    simulator = build(accounts=3, jobs=31, seed=1, clock=Clock(NOON), every=60)
    account = simulator.accounts[0]
    simulator.clock.advance(600)

    assert len(list(account.walk(None))) == 11 + 10


def test_prebuilt_pages_follow_what_is_changed() -> None:
    simulator = build(accounts=1, jobs=150, seed=1, clock=Clock(NOON), every=0)
    account = simulator.accounts[0]
    with serving(simulator, fast=True) as url, httpx.Client(base_url=url, timeout=60) as http:
        http.headers["x-goog-api-key"] = account.secrets[0]
        asked_before = len(simulator.journal)
        first = http.get("/v1beta/batches?pageSize=100").json()["operations"]
        asked_while = len(simulator.journal)
        http.delete(f"/v1beta/{first[0]['name']}")
        second = http.get("/v1beta/batches?pageSize=100").json()["operations"]

    assert (len(first), asked_while) == (100, asked_before)
    assert second[0] == first[1]


def test_a_world_built_again_since_the_same_moment_goes_on_where_it_was() -> None:
    def jobs_after_ten_minutes() -> dict[str, Any]:
        simulator = build(accounts=3, jobs=31, seed=1, clock=Clock(NOON), every=60)
        simulator.clock.set(NOON + timedelta(minutes=10))
        account = simulator.accounts[0]
        return {job.name: account.snapshot(job) for job in account.walk(None)}

    assert jobs_after_ten_minutes() == jobs_after_ten_minutes()
