"""Real workers that die or freeze while they sync: nothing stays stuck longer than a lease, nothing is overwritten."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.db import connection
from django.utils import timezone

from jobs.credentials import Credential
from jobs.models import Project
from jobs.simulator.app import Simulator
from jobs.simulator.serve import serving
from jobs.sync import Report, sync_project
from tests import services
from tests.conftest import MakeProject

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
LEASE = 5


@pytest.fixture
def slow_provider() -> Iterator[tuple[Simulator, str]]:
    """A provider that takes 0.2 s for each page."""
    simulator = Simulator(seed=3)
    simulator.latency = 0.2
    with serving(simulator) as url:
        yield simulator, url


@pytest.fixture
def project(make_project: MakeProject, slow_provider: tuple[Simulator, str], redis_client: object) -> Project:
    """1,500 jobs: three transactions, some three seconds."""
    simulator, url = slow_provider
    account = simulator.add_gemini(jobs=1500)
    return make_project(credential=Credential("api_key", account.key), base_url=url)


def environment() -> dict[str, str]:
    """As the test has it, with the test's own database and a short lease."""
    name = str(connection.settings_dict["NAME"])
    url = f"sqlite:///{name}" if connection.vendor == "sqlite" else services.database_url(name)
    return os.environ | {"DATABASE_URL": url, "SYNC_LEASE_SECONDS": str(LEASE)}


@contextmanager
def worker(log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "celery", "-A", "dashboard", "worker", "-P", "threads", "-c", "2"]
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdout=output, stderr=output, env=environment())
    try:
        yield child
    finally:
        child.send_signal(signal.SIGCONT)
        child.kill()
        child.wait()


def ask_for_sync(project: Project) -> None:
    with Celery(
        broker=os.environ["REDIS_URL"].replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    ) as app:
        app.send_task("jobs.tasks.sync_project", kwargs={"project_id": project.pk})


def wait_for_half(project: Project) -> None:
    services.wait_until(lambda: 0 < project.jobs.count() < 1500, "the worker did not begin to store")


def sync_when_free(project: Project) -> Report:
    """Try until the lease of whoever holds it has run out."""
    reports: list[Report] = []

    def tried() -> bool:
        if report := sync_project(project.pk, now=timezone.now):
            reports.append(report)
        return bool(reports)

    services.wait_until(tried, "the project stayed stuck")
    return reports[0]


def test_a_killed_worker_costs_one_lease(project: Project, tmp_path: Path) -> None:
    with worker(tmp_path / "worker.log") as child:
        ask_for_sync(project)
        wait_for_half(project)
        child.kill()
        child.wait()
        killed_at = timezone.now()

    freed = Project.objects.get(pk=project.pk).leased_until
    assert freed and freed - killed_at <= timedelta(seconds=LEASE)
    assert sync_project(project.pk, now=lambda: freed - timedelta(milliseconds=1)) is None
    report = sync_project(project.pk, now=lambda: freed)
    assert report and (report.errors, project.jobs.count()) == ([], 1500)


def test_a_worker_frozen_past_its_lease_overwrites_nothing(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with worker(log) as child:
        ask_for_sync(project)
        wait_for_half(project)
        child.send_signal(signal.SIGSTOP)
        sync_when_free(project)
        project.jobs.update(display_name="newer")
        before = everything(project)

        child.send_signal(signal.SIGCONT)
        services.wait_until(lambda: "Stopped: project" in log.read_text(), "the frozen worker did not stop")

    assert everything(project) == before
    assert f" WARNING jobs.sync.run synced project={project.pk} " in log.read_text()


def everything(project: Project) -> tuple[object, ...]:
    rows = list(project.jobs.order_by("pk").values_list())
    return rows, list(Project.objects.filter(pk=project.pk).values_list())
