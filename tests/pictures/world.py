"""A team's board at one moment of a Sunday, made by the simulator and the domain; the clock stands still there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import time_machine
from django.db.models import F, Q

from jobs import price_list, projects, radar, reconcile
from jobs.credentials import Credential
from jobs.models import BatchJob, Project, User
from jobs.projects import Actor, Draft
from jobs.results import saving, trouble, wanting
from jobs.simulator.accounts import Account, GeminiAccount, VertexAccount
from jobs.simulator.app import Simulator
from jobs.simulator.clock import Clock
from jobs.simulator.serve import serving
from jobs.simulator.world import trickle
from jobs.sync import sync_project

MORNING = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 16, 19, 20, tzinfo=UTC)
STEP, SHORT_STEP, LAST_STEP = timedelta(minutes=25), timedelta(minutes=2), timedelta(seconds=10)
SIMULATOR_PORT = 8641
SAVED_UP_TO = 4_000  # requests; larger results would only take time
NEW_JOB_EVERY = 900.0  # seconds, in each account


@dataclass
class World:
    """``known``: ids of what pictures are about, by name."""

    simulator: Simulator
    address: str
    traveller: time_machine.Traveller
    known: dict[str, int] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.simulator.clock.now()

    def person(self, name: str) -> User:
        return User.objects.get(username=name)

    def by(self, name: str = "dana") -> Actor:
        return Actor(self.person(name), self.now, "10.0.4.17")

    def project(self, name: str) -> Project:
        return Project.objects.get(name=name)

    def account(self, name: str) -> Account:
        return next(account for account in self.simulator.accounts if account.name == name)

    def job(self, name: str) -> BatchJob:
        return BatchJob.objects.get(display_name=name)

    def pass_time(self, time: timedelta) -> None:
        self.simulator.clock.advance(time.total_seconds())
        self.traveller.move_to(self.now)

    def put_on_board(self, account: Account, name: str) -> Project:
        account.grow = trickle(account, NEW_JOB_EVERY)
        if isinstance(account, GeminiAccount):
            draft, key = Draft(name, "gemini", base_url=self.address), Credential("api_key", account.key)
        else:
            assert isinstance(account, VertexAccount)
            urls = (self.address,) * 3
            draft = Draft(name, "vertex", account.cloud_project, account.location, *urls)
            key = Credential("access_token", account.token)
        project = projects.add(draft, key, by=self.by(), any_host=True)
        Project.objects.filter(pk=project.pk).update(created_at=self.now)  # the database has a clock of its own
        return project

    def work(self) -> None:
        """What workers do meanwhile."""
        for project in Project.objects.on_board().order_by("pk"):
            if not project.paused_at:
                sync_project(project.pk, now=lambda: self.now)
        self._steady()
        wanting.notice(self.now)
        radar.look_round(self.now)
        reconcile.look(self.now)

    def _steady(self) -> None:
        """The wire's own time is never the same twice, and polls are spread by chance."""
        Project.objects.update(latency_ms=F("pk") * 17 + 90, next_sync_at=self.now + timedelta(seconds=15))
        Project.objects.filter(failures__gt=0).update(next_sync_at=self.now + timedelta(minutes=30))

    def save_results(self) -> None:
        short = Q(requests_total__lte=SAVED_UP_TO) | Q(expires_at__lt=self.now)  # of an expired one is nothing to read
        for job in BatchJob.objects.filter(short, archive__status="waiting").order_by("pk"):
            saving.save(job.archive.pk, now=lambda: self.now)
        trouble.guard(self.now)
        price_list.reckon(self.now)


@contextmanager
def opened(seed: str) -> Iterator[World]:
    """An empty board in the morning."""
    simulator = Simulator(clock=Clock(MORNING), seed=seed)
    with serving(simulator, port=SIMULATOR_PORT) as address, time_machine.travel(MORNING, tick=False) as traveller:
        yield World(simulator, address, traveller)
