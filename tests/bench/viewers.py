"""1,000 open pages in 20 distinct views on one web process, while one of 50 projects changes every second."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import psutil

from tests.bench.open_pages import Log, OpenPage
from tests.bench.tools import board, p95, say

PAGES, PEOPLE, PROJECTS, JOBS = 1_000, 100, 50, 20_000
WARM_SECONDS, WATCHED_SECONDS = 10, 60
HOLD_SECONDS, HOLD_CORES, HOLD_MB = 3.0, 1.0, 250


def main(pages: int = PAGES, seconds: int = WATCHED_SECONDS) -> None:
    with board("postgresql"):
        sessions, hot = prepared()
        views = views_of([job.project_id for job in hot])
        with web_process() as (port, process):
            log, cores = asyncio.run(watch(pages, seconds, port, sessions, views, hot, process))
            memory = process.memory_full_info()
            tell(log, cores, memory.pss / 1e6, memory.rss / 1e6, pages, seconds)


def prepared() -> tuple[list[str], list[Any]]:
    """People who all see all projects, their sessions, and in each project one running job, the newest."""
    from django.utils import timezone

    from jobs.models import BatchJob, Membership, Project, Role, User
    from jobs.states import State
    from tests.bench.lists import tidy
    from tests.bench.rows import fill
    from tests.factories import make_job
    from tests.live import session_of

    fill(JOBS, PROJECTS)
    people = User.objects.bulk_create([User(username=f"person-{number}") for number in range(PEOPLE)])
    projects = list(Project.objects.all())
    Membership.objects.bulk_create(
        Membership(user=person, project=project, role=Role.VIEWER) for person in people for project in projects
    )
    now = timezone.now()
    for project in projects:
        make_job(project, state=State.RUNNING, display_name=f"hot-{project.pk}-0", created_at=now, model="hot")
    tidy("postgresql")
    return [session_of(person) for person in people], list(BatchJob.objects.filter(model="hot"))


def views_of(projects: list[int]) -> list[str]:
    """Ten that every change concerns, and ten of one project each; all show the jobs that change."""
    everywhere = ["", "state=running", "model=hot", "q=hot", "range=24h", "range=7d", "state=running&model=hot"]
    everywhere += ["state=running&range=24h", "model=hot&range=24h", "q=hot&state=running"]
    return [*everywhere, *(f"project={pk}" for pk in projects[:10])]


@contextmanager
def web_process() -> Iterator[tuple[int, psutil.Process]]:
    """One web process as `manage.py up` starts it."""
    from dashboard.runtime.programs import web
    from jobs.simulator.serve import listen

    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    child = subprocess.Popen(web("127.0.0.1", port).command, env=os.environ | {"LOG_LEVEL": "WARNING"})
    try:
        wait_for(f"http://127.0.0.1:{port}/health")
        yield port, psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(30)


def wait_for(url: str) -> None:
    for _ in range(200):
        with suppress(httpx.TransportError):
            if httpx.get(url).is_success:
                return
        time.sleep(0.1)
    raise SystemExit("The web process does not start.")


async def watch(
    pages: int, seconds: int, port: int, sessions: list[str], views: list[str], hot: list[Any], process: psutil.Process
) -> tuple[Log, float]:
    """Open all pages, let them settle, change something every second; the log, and the cores the process used."""
    log = Log()
    opened = [
        OpenPage(port, sessions[number % len(sessions)], views[number % len(views)], log) for number in range(pages)
    ]
    tasks = []
    for page in opened:  # people do not come all at once
        tasks.append(asyncio.create_task(page.stay()))
        await asyncio.sleep(0.01)
    await asyncio.gather(*(page.live.wait() for page in opened))
    await changing(hot, log, WARM_SECONDS)
    log.seconds, log.answers, log.received = [], {}, 0
    before, started = cpu_seconds(process), time.perf_counter()
    await changing(hot, log, seconds)
    cores = (cpu_seconds(process) - before) / (time.perf_counter() - started)
    await asyncio.sleep(5)
    log.troubles = [repr(task.exception()) for task in tasks if task.done()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return log, cores


async def changing(hot: list[Any], log: Log, seconds: int) -> None:
    """One change a second, by a thread of its own, as a worker would commit it."""
    chance = random.Random(5)
    ends = time.perf_counter()
    for _ in range(seconds):
        job = chance.choice(hot)
        await asyncio.to_thread(change, job, log.latest.get(job.project_id, 0) + 1, log)
        ends += 1
        await asyncio.sleep(max(ends - time.perf_counter(), 0))


def change(job: Any, number: int, log: Log) -> None:
    from django.db import transaction
    from django.db.models import F

    from jobs import stale
    from jobs.models import BatchJob, Project

    with transaction.atomic():
        BatchJob.objects.filter(pk=job.pk).update(display_name=f"hot-{job.project_id}-{number}")
        Project.objects.filter(pk=job.project_id).update(version=F("version") + 1)
    log.commit(job.project_id, number)
    stale.announce(job.project_id, [job.pk], version=number)


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def tell(log: Log, cores: float, pss: float, rss: float, pages: int, seconds: int) -> None:
    middle = sorted(log.seconds)[len(log.seconds) // 2] if log.seconds else 0
    seen = f"p50 {middle:.2f} s, p95 {p95(log.seconds or [0]):.2f} s, most {max(log.seconds or [0]):.2f} s"
    holds = bool(log.seconds) and not log.troubles and p95(log.seconds) <= HOLD_SECONDS
    say(f"{pages:,} pages: committed → rows received", seen, f"<= {HOLD_SECONDS} s", holds=holds)
    say("web process, CPU", f"{cores:.2f} cores", f"<= {HOLD_CORES:g}", holds=cores <= HOLD_CORES)
    say("web process, memory", f"{pss:.0f} MB PSS, {rss:.0f} MB RSS", f"<= {HOLD_MB}", holds=rss <= HOLD_MB)
    many = ", ".join(f"{number:,} × {status}" for status, number in sorted(log.answers.items()))
    rate = sum(log.answers.values()) / seconds
    say(
        "fragments",
        f"{rate:.0f} a second",
        f"{many}; {log.received / 1e6 / seconds:.1f} MB/s; {len(log.seconds):,} sightings",
    )
    for trouble in log.troubles[:3]:
        say("trouble", trouble[:100])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
