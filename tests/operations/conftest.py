"""A project with jobs at the simulator, synced; operations on them run by the account's clock."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from jobs import operations
from jobs.credentials import Credential
from jobs.models import Action, BatchJob, Operation, Project, User
from jobs.operations import Selection
from jobs.projects import Actor
from jobs.simulator.accounts import Account, GeminiAccount, VertexAccount
from jobs.sync import sync_project
from tests.conftest import MakeProject

HOUR = timedelta(hours=1)


@dataclass
class Yard:
    """``account`` is what the provider holds of ``project``; ``boss`` may do everything."""

    account: Account
    project: Project
    boss: User

    @property
    def actor(self) -> Actor:
        return Actor(self.boss, self.account.clock.now())

    def fill(self, number: int = 1, **fate: Any) -> list[str]:
        """Jobs of an hour ago, failed unless told; the board knows them."""
        created = self.account.clock.now() - HOUR
        fated: dict[str, Any] = {"outcome": "fail", "created": created} | fate
        made = [self.account.add_job(**fated).name for _ in range(number)]
        self.sync()
        return made

    def sync(self) -> None:
        report = sync_project(self.project.pk, now=self.account.clock.now, full=True)
        assert report is not None
        assert report.errors == []
        self.account.journal.clear()

    def job(self, name: str) -> BatchJob:
        return BatchJob.objects.get(project=self.project, name=name)

    def plan(self, action: Action, names: list[str] | None = None, **options: Any) -> Operation:
        jobs = self.project.jobs.filter(name__in=names) if names is not None else self.project.jobs.all()
        ids = tuple(jobs.values_list("pk", flat=True))
        return operations.plan(Selection(ids=ids), action, actor=options.pop("actor", self.actor), **options)

    def start(self, action: Action, names: list[str] | None = None, **options: Any) -> Operation:
        """Planned, confirmed, and past its undo window."""
        operation = self.plan(action, names, **options)
        operations.confirm(operation, actor=self.actor, reason="tidy up", typed=None)
        self.pass_time(11)
        return operation

    def run(self, operation: Operation, *, seconds: float = 0) -> dict[str, tuple[str, str]]:
        """Work as a worker does, ``seconds`` long in steps of 2; outcome and detail by job."""
        self.work()
        for _ in range(int(seconds / 2)):
            self.pass_time(2)
            self.work()
        operation.refresh_from_db()
        return {item.job_name: (item.outcome, item.detail) for item in operation.items.all()}

    def work(self) -> None:
        for operation, project in operations.tick(self.account.clock.now()):
            operations.run(operation, project, now=self.account.clock.now, seconds=20)

    def pass_time(self, seconds: float) -> None:
        self.account.clock.advance(seconds)

    def asked(self, method: str) -> int:
        return self.account.journal.count(method=method)

    def outcomes(self, operation: Operation) -> set[str]:
        return set(operation.items.values_list("outcome", flat=True))


@pytest.fixture
def gemini(
    gemini_account: GeminiAccount, make_project: MakeProject, base_url: str, redis_client: object, superuser: User
) -> Yard:
    key = Credential("api_key", gemini_account.key)
    return Yard(gemini_account, make_project(name="G", credential=key, base_url=base_url), superuser)


@pytest.fixture
def vertex(
    vertex_account: VertexAccount, make_project: MakeProject, base_url: str, redis_client: object, superuser: User
) -> Yard:
    places = {"cloud_project": vertex_account.cloud_project, "location": vertex_account.location, "base_url": base_url}
    token = Credential("access_token", vertex_account.token)
    return Yard(vertex_account, make_project(name="V", provider="vertex", credential=token, **places), superuser)


@pytest.fixture(params=["gemini", "vertex"])
def yard(request: pytest.FixtureRequest, db: None) -> Yard:
    """Each provider in turn."""
    found: Yard = request.getfixturevalue(request.param)
    return found
