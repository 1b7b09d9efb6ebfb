"""Real workers that die or freeze while they sync: nothing stays stuck longer than a lease, nothing is overwritten."""

import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.db import connection
from django.utils import timezone
from werkzeug.wrappers import Request, Response

from jobs.credentials import Credential
from jobs.models import Project
from jobs.simulator.app import Simulator
from jobs.simulator.serve import serving
from jobs.sync import sync_project
from tests import services
from tests.conftest import MakeProject

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
LEASE = timedelta(seconds=120)
PATIENCE = 120  # seconds, on a busy machine


class Halting(Simulator):
    """A provider that answers seven requests and then none until it ``goes_on``."""

    def __init__(self) -> None:
        super().__init__(seed=3)
        self.asked, self.goes_on = itertools.count(1), threading.Event()

    def answer(self, request: Request) -> Response:
        if next(self.asked) > 7:
            self.goes_on.wait(PATIENCE)
        return super().answer(request)


@pytest.fixture
def provider() -> Halting:
    return Halting()


@pytest.fixture
def project(make_project: MakeProject, provider: Halting) -> Iterator[Project]:
    """1,500 jobs on 15 pages, stored in three transactions: the provider halts in the middle of the second."""
    account = provider.add_gemini(jobs=1500)
    with serving(provider) as url:
        yield make_project(credential=Credential("api_key", account.key), base_url=url)


def environment() -> dict[str, str]:
    """As the test has it, with the test's own database."""
    name = str(connection.settings_dict["NAME"])
    url = f"sqlite:///{name}" if connection.vendor == "sqlite" else services.database_url(name)
    return os.environ | {"DATABASE_URL": url, "SYNC_LEASE_SECONDS": str(LEASE.seconds)}


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
    services.wait_until(lambda: project.jobs.exists(), "the worker did not begin to store")
    assert project.jobs.count() == 500


def a_lease_later() -> datetime:
    return timezone.now() + LEASE


def test_a_killed_worker_costs_one_lease(project: Project, provider: Halting, tmp_path: Path) -> None:
    with worker(tmp_path / "worker.log") as child:
        ask_for_sync(project)
        wait_for_half(project)
        child.kill()
        child.wait()
        killed_at = timezone.now()
    provider.goes_on.set()

    freed = Project.objects.get(pk=project.pk).leased_until
    assert freed and freed - killed_at <= LEASE
    assert sync_project(project.pk, now=lambda: freed - timedelta(milliseconds=1)) is None
    report = sync_project(project.pk, now=lambda: freed)
    assert report and (report.errors, project.jobs.count()) == ([], 1500)


def test_a_worker_frozen_past_its_lease_overwrites_nothing(project: Project, provider: Halting, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with worker(log) as child:
        ask_for_sync(project)
        wait_for_half(project)
        child.send_signal(signal.SIGSTOP)
        provider.goes_on.set()
        assert sync_project(project.pk, now=a_lease_later)
        project.jobs.update(display_name="newer")
        before = everything(project)

        child.send_signal(signal.SIGCONT)
        services.wait_until(lambda: "Stopped: project" in log.read_text(), "the frozen worker did not stop")

    assert everything(project) == before
    assert f" WARNING jobs.sync.run synced project={project.pk} " in log.read_text()


def everything(project: Project) -> tuple[object, ...]:
    rows = list(project.jobs.order_by("pk").values_list())
    return rows, list(Project.objects.filter(pk=project.pk).values_list())
