"""A project on the board and its account at the simulator; the account's clock is the sync's clock."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from jobs.credentials import Credential
from jobs.models import BatchJob, Project
from jobs.simulator.accounts import Account, GeminiAccount, VertexAccount
from jobs.sync import Report, sync_project
from tests.conftest import MakeProject


@dataclass
class Watched:
    """``sync()`` runs one sync at the account's present moment."""

    account: Account
    project: Project

    def sync(self, *, full: bool = False) -> Report:
        report = sync_project(self.project.pk, now=self.account.clock.now, full=full)
        assert report is not None
        self.project.refresh_from_db()
        return report

    def job(self, name: str) -> BatchJob:
        return self.project.jobs.get(name=name)

    def pass_time(self, seconds: float) -> None:
        self.account.clock.advance(seconds)


Watch = Callable[..., Watched]


@pytest.fixture
def gemini(gemini_account: GeminiAccount, make_project: MakeProject, base_url: str, redis_client: object) -> Watched:
    key = Credential("api_key", gemini_account.key)
    return Watched(gemini_account, make_project(credential=key, base_url=base_url))


@pytest.fixture
def vertex(vertex_account: VertexAccount, make_project: MakeProject, base_url: str, redis_client: object) -> Watched:
    places = {"cloud_project": vertex_account.cloud_project, "location": vertex_account.location, "base_url": base_url}
    token = Credential("access_token", vertex_account.token)
    return Watched(vertex_account, make_project(provider="vertex", credential=token, **places))


@pytest.fixture(params=["gemini", "vertex"])
def watched(request: pytest.FixtureRequest, db: None) -> Watched:
    """Each provider in turn."""
    found: Watched = request.getfixturevalue(request.param)
    return found
