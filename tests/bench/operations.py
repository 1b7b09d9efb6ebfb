"""Deleting 1,000 jobs at 50 ms latency, seen done, against the official SDK's loop; planning 10,000 jobs."""

import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from tests.bench.tools import board, median, say

JOBS, LATENCY, PLANNED = 1_000, 0.05, 10_000


def main(database: str) -> None:
    with board(database), provider() as world:
        seconds = by_sdk(world["base_url"], world["keys"][0])
        say(f"google-genai deletes {JOBS:,} jobs one by one", f"{seconds:.2f} s = 1.000 x")
        project = synced(world["base_url"], world["keys"][1])
        taken = by_operation(project)
        say(
            f"an operation deletes them and sees each gone, {database}",
            f"{taken:.2f} s = {taken / seconds:.3f} x",
            "<= 1/12 = 0.083 x",
            holds=taken * 12 <= seconds,
        )
        plans = planning(project)
        say(f"plan of {PLANNED:,} jobs, {database}", f"{plans:.2f} s", "<= 1 s", holds=plans <= 1)


def by_sdk(base_url: str, key: str) -> float:
    """The loop of the official samples: list, keep what failed, delete each."""
    from google import genai

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = genai.Client(api_key=key, http_options={"base_url": base_url})
        began = time.perf_counter()
        failed = [job for job in client.batches.list(config={"page_size": 100}) if job.state.name == "JOB_STATE_FAILED"]
        for job in failed:
            client.batches.delete(name=job.name)
        taken = time.perf_counter() - began
    assert len(failed) == JOBS
    return taken


def synced(base_url: str, key: str) -> Any:
    from tests.bench.sync import added
    from tests.bench.sync import synced as read

    project = added(base_url, key)
    read(project, JOBS)
    return project


def by_operation(project: Any) -> float:
    """Seconds from the start of the run to the complete receipt."""
    from django.utils import timezone

    from jobs import operations
    from jobs.models import Action
    from jobs.projects import Actor

    actor = Actor(None, timezone.now())
    ids = tuple(project.jobs.values_list("pk", flat=True))
    operation = operations.plan(operations.Selection(ids=ids), Action.DELETE, actor=actor)
    operations.confirm(operation, actor=actor, reason="bench", typed=None, at_once=True)
    began = time.perf_counter()
    operations.run_to_end(operation, now=timezone.now)
    taken = time.perf_counter() - began
    assert (operation.items_done, operation.status) == (JOBS, "done")
    return taken


def planning(project: Any) -> float:
    from django.utils import timezone

    from jobs import operations
    from jobs.models import Action, StateCount
    from jobs.projects import Actor
    from tests.operations.many import many_jobs

    at = timezone.now()
    StateCount.objects.all().delete()
    many_jobs(project, PLANNED, at=at)
    ids = tuple(project.jobs.listed().values_list("pk", flat=True))
    return median(lambda: operations.plan(operations.Selection(ids=ids), Action.DELETE, actor=Actor(None, at)))


@contextmanager
def provider() -> Iterator[dict[str, Any]]:
    """Two alike accounts in a process of their own."""
    command = [sys.executable, "-m", "tests.bench.operations", "serve"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"LOG_LEVEL": "ERROR"})
    try:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())
    finally:
        child.terminate()
        child.communicate(timeout=30)


def serve() -> None:
    from jobs.simulator.app import Simulator
    from jobs.simulator.serve import serving

    simulator = Simulator(seed=1)
    accounts = [simulator.add_gemini() for _ in range(2)]
    for account in accounts:
        for _ in range(JOBS):
            account.add_job(outcome="fail", created=account.clock.now() - timedelta(hours=2))
    simulator.latency = LATENCY
    with serving(simulator) as url:
        sys.stdout.write(json.dumps({"base_url": url, "keys": [account.key for account in accounts]}) + "\n")
        sys.stdout.flush()
        while True:
            time.sleep(60)


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else main(sys.argv[1])
