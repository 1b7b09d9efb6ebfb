"""An operation of 1,000 jobs while its workers are killed 20 times and the provider misbehaves (issue 4).

What was really done is judged by the simulator's journal.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.db import connection
from django.utils import timezone
from werkzeug.wrappers import Request, Response

from jobs import operations
from jobs.credentials import Credential
from jobs.models import Action, BatchJob, Operation, OperationItem, Project, User
from jobs.operations import Selection
from jobs.projects import Actor
from jobs.simulator.accounts import GeminiAccount
from jobs.simulator.app import Simulator
from jobs.simulator.clock import Clock
from jobs.simulator.journal import Entry
from jobs.simulator.serve import serving
from jobs.sync import sync_project
from tests import services
from tests.conftest import MakeProject
from tests.runtime.processes import until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
PLANNED, OTHERS, KILLS, IN_FLIGHT = 1_000, 200, 20, 100
UNDO = timedelta(seconds=2)
MOST_ASKED = 45  # of a worker before it is killed: KILLS of them end no operation
PATIENCE = 180  # seconds, on a busy machine


class Counting(Simulator):
    """Knows how many requests it worked on at once. ``most_asked``: how many each worker may have answered."""

    def __init__(self) -> None:
        super().__init__(clock=Clock(speed=1.0), seed=11)
        self.flying = self.most = 0
        self.gauge = threading.Lock()
        self.expect(10**6)

    def expect(self, most_asked: int) -> None:
        """Another worker: ``asked`` is set with its last request, what it asks further is not done: it is ``dead``."""
        self.left, self.asked, self.dead = most_asked, threading.Event(), threading.Event()

    def answer(self, request: Request) -> Response:
        with self.gauge:
            self.flying += 1
            self.most = max(self.most, self.flying)
            self.left -= 1
            left = self.left
        try:
            if left == 0:
                self.asked.set()
            return super().answer(request) if left >= 0 or not self.dead.wait(PATIENCE) else Response(status=503)
        finally:
            with self.gauge:
                self.flying -= 1


class Workers:
    """One worker at a time, killed without notice."""

    def __init__(self, log: Path) -> None:
        database = str(connection.settings_dict["NAME"])
        url = f"sqlite:///{database}" if connection.vendor == "sqlite" else services.database_url(database)
        limits = {"PROJECT_REQUESTS_PER_MINUTE": "1000000", "PROJECT_REQUESTS_IN_FLIGHT": str(IN_FLIGHT)}
        environment = os.environ | {"DATABASE_URL": url} | limits
        self.log = log.open("wb")
        self.nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.operations.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=environment,
        )
        self.pid = 0

    def begin(self) -> None:
        assert self.nursery.stdin
        assert self.nursery.stdout
        self.nursery.stdin.write(b"go\n")
        self.nursery.stdin.flush()
        self.pid = int(self.nursery.stdout.readline())

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        if self.pid:
            self.kill()
        self.nursery.kill()
        self.nursery.communicate()
        self.log.close()


@pytest.fixture
def provider() -> Iterator[tuple[Counting, GeminiAccount, str]]:
    simulator = Counting()
    account = simulator.add_gemini()
    for _ in range(PLANNED + OTHERS):
        account.add_job(outcome="fail", created=simulator.clock.now() - timedelta(hours=1))
    with serving(simulator) as url:
        yield simulator, account, url


@pytest.fixture
def operation(
    provider: tuple[Counting, GeminiAccount, str], make_project: MakeProject, superuser: User, redis_client: object
) -> Operation:
    """Deletes 1,000 of 1,200 jobs, from two seconds after its confirmation on."""
    simulator, account, url = provider
    project = make_project(credential=Credential("api_key", account.key), base_url=url, paused_at=None)
    sync_project(project.pk, now=timezone.now, full=True)
    account.journal.clear()
    simulator.latency = 0.2
    names = list(account.jobs)[:PLANNED]
    chosen = tuple(BatchJob.objects.filter(name__in=names).values_list("pk", flat=True))
    actor = Actor(superuser, timezone.now())
    planned = operations.plan(Selection(ids=chosen), Action.DELETE, actor=actor)
    operations.confirm(planned, actor=actor, reason="chaos", typed=str(PLANNED))
    Operation.objects.update(run_after=timezone.now() + UNDO)
    planned.refresh_from_db()
    return planned


@pytest.fixture
def workers(tmp_path: Path, operation: Operation) -> Iterator[Workers]:
    found = Workers(tmp_path / "workers.log")
    yield found
    found.end()


@pytest.fixture
def hints(operation: Operation, workers: Workers) -> Iterator[None]:
    """What beat does, in this process: messages are hints, however many there are."""
    broker = os.environ["REDIS_URL"].replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    project, over = Project.objects.get().pk, threading.Event()

    def send() -> None:
        with Celery(broker=broker) as app:
            while not over.wait(0.25):
                app.send_task("jobs.tasks.wake", expires=5)
                named = {"operation_id": operation.pk, "project_id": project}
                app.send_task("jobs.tasks.run_operation", kwargs=named, expires=5)

    sender = threading.Thread(target=send)
    sender.start()
    yield
    over.set()
    sender.join()


def calls(account: GeminiAccount) -> int:
    return account.journal.count(method="DELETE")


def test_chaos(
    provider: tuple[Counting, GeminiAccount, str], operation: Operation, workers: Workers, hints: None
) -> None:
    simulator, account, _ = provider
    planned, everything = set(list(account.jobs)[:PLANNED]), set(account.jobs)
    misbehave(account)
    kill_workers(workers, simulator, operation)
    until(lambda: ended(operation), "the operation to come to its end", PATIENCE)

    assert set(account.jobs) == everything - planned
    judge(list(account.journal), planned)
    assert account.journal[0].at >= started(operation)
    assert simulator.most <= IN_FLIGHT
    assert Counter(operation.items.values_list("outcome", flat=True)) == {"done": PLANNED}
    assert (operation.items_done, operation.items_ended, operation.status) == (PLANNED, PLANNED, "done")
    gone = BatchJob.objects.filter(gone_by="root").values_list("name", flat=True)
    assert set(gone) == planned
    assert not OperationItem.objects.exclude(intent="").exists()


def misbehave(account: GeminiAccount) -> None:
    """5 % are overloaded, 5 % limited, 1 % cut off before and 1 % after they did their work."""
    account.faults.set(status=503, share=0.05)
    account.faults.set(status=429, share=0.05)
    account.faults.reset(share=0.01)
    account.faults.lose(share=0.01)


def kill_workers(workers: Workers, simulator: Counting, operation: Operation) -> None:
    """Each a random moment after it asked the provider for a random number of things, and its lease runs out."""
    dice = random.Random(4)
    for _ in range(KILLS):
        simulator.expect(dice.randint(1, MOST_ASKED))
        workers.begin()
        assert simulator.asked.wait(PATIENCE)
        time.sleep(dice.uniform(0, 0.5))
        workers.kill()
        simulator.dead.set()
        until(lambda: not simulator.flying, "the dead worker's requests to end", PATIENCE)
        OperationItem.objects.exclude(leased_until=None).update(leased_until=timezone.now())
    assert not ended(operation)
    simulator.expect(10**6)
    workers.begin()


def ended(operation: Operation) -> bool:
    operation.refresh_from_db()
    return operation.ended_at is not None


def started(operation: Operation) -> datetime:
    assert operation.run_after
    return operation.run_after


def judge(journal: list[Entry], planned: set[str]) -> None:
    """Each planned job deleted once, a repeat only after a look that showed it alive, nothing else touched."""
    may_delete = dict.fromkeys(planned, True)
    effective: Counter[str] = Counter()
    for entry in journal:
        name = entry.path.removeprefix("/v1beta/")
        if entry.method == "DELETE":
            assert may_delete.get(name), f"{name} was deleted unasked, or again without a look"
            may_delete[name] = False
            effective[name] += entry.status == 200
        elif entry.method == "GET" and entry.status == 200:
            for seen in [name] if name in may_delete else may_delete if entry.path == "/v1beta/batches" else []:
                may_delete[seen] = may_delete[seen] or not effective[seen]
        else:
            assert entry.method == "GET", f"{entry.method} {entry.path}"
    assert effective == Counter(planned)
