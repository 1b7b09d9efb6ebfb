"""Stories whose work is done by a real Celery worker with its beat, through Redis, beside the web process."""

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from jobs.credentials import Credential
from jobs.models import Membership, Operation, OperationStatus, Project, User
from jobs.operations import deciding
from jobs.simulator.accounts import GeminiAccount
from jobs.simulator.app import Simulator
from jobs.simulator.clock import Clock
from jobs.simulator.serve import serving
from jobs.sync import sync_project
from tests import services
from tests.conftest import MakeProject
from tests.e2e.conftest import PageFor
from tests.runtime.processes import process, until

pytestmark = [pytest.mark.e2e, pytest.mark.processes]
FAILED, RUNNING = 60, 1
PATIENCE = 120  # seconds, on a busy machine


@pytest.fixture
def provider() -> Iterator[tuple[GeminiAccount, str]]:
    """A simulator whose clock runs with the wall's; 60 failed jobs and one that runs."""
    simulator = Simulator(clock=Clock(speed=1.0), seed=5)
    account = simulator.add_gemini()
    created = simulator.clock.now() - timedelta(hours=1)
    for _ in range(FAILED):
        account.add_job(outcome="fail", created=created)
    account.add_job(display_name="nightly", outcome="run", created=created)
    with serving(simulator) as url:
        yield account, url


@pytest.fixture
def project(provider: tuple[GeminiAccount, str], make_project: MakeProject) -> Project:
    account, url = provider
    made = make_project("Search", credential=Credential("api_key", account.key), base_url=url)
    assert sync_project(made.pk, now=timezone.now, full=True)
    account.journal.clear()
    return made


@pytest.fixture
def dana(project: Project) -> User:
    """Operator of ``project``."""
    user = User.objects.create_user("dana")
    Membership.objects.create(user=user, project=project, role="operator")
    return user


@pytest.fixture
def worker(live_url: str, project: Project, tmp_path: Path) -> Iterator[None]:
    """The worker of `manage.py up`, on this test's database."""
    name = str(connection.settings_dict["NAME"])
    url = f"sqlite:///{name}" if connection.vendor == "sqlite" else services.database_url(name)
    celery = [sys.executable, "-m", "celery", "-A", "dashboard", "worker", "--pool", "threads", "--concurrency", "4"]
    ticking = ["--without-gossip", "--without-mingle", "--beat-thread", "--schedule-filename", str(tmp_path / "beat")]
    with process([*celery, *ticking], os.environ | {"DATABASE_URL": url}, tmp_path / "worker.log"):
        yield


def plan(page: Page, number: int) -> None:
    """Tick a page, then all that match the filter, and ask for a plan to delete them."""
    page.goto("/?state=failed")
    page.get_by_label("Tick all jobs on this page").check()
    page.get_by_label(f"All {number} failed jobs").check()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", name=f"Delete {number} jobs", exact=True)).to_be_visible()


def confirm(page: Page, button: str) -> None:
    page.get_by_label("Reason").fill("tidy-up")
    page.get_by_role("button", name=button, exact=True).click()


def deletes(account: GeminiAccount) -> int:
    return account.journal.count(method="DELETE")


def test_selects_all_that_match_confirms_and_reads_the_receipt(
    page_for: PageFor, dana: User, provider: tuple[GeminiAccount, str], worker: None
) -> None:
    account, _ = provider
    page = page_for(dana, live="/operations/")
    plan(page, FAILED)
    assert deletes(account) == 0

    confirm(page, "Delete 60 jobs")
    expect(page.get_by_role("link", name="Done 60")).to_be_visible(timeout=PATIENCE * 1000)
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible(timeout=PATIENCE * 1000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt as CSV").click()

    lines = download.value.path().read_text().splitlines()
    assert (len(lines), sum(",done," in line for line in lines)) == (61, 60)
    assert [job.display_name for job in account.jobs.values()] == ["nightly"]
    begun = Operation.objects.get().run_after
    assert begun
    assert min(entry.at for entry in account.journal if entry.method == "DELETE") >= begun
    assert deletes(account) == FAILED


def test_what_was_undone_no_worker_touches(
    page_for: PageFor, dana: User, provider: tuple[GeminiAccount, str], worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later operation that has run shows that the worker has passed by the undone one."""
    account, _ = provider
    monkeypatch.setattr(deciding, "UNDO", timedelta(minutes=10))  # however slow this machine is
    page = page_for(dana, live="/operations/")
    plan(page, FAILED)
    confirm(page, "Delete 60 jobs")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone before it began")).to_be_visible()
    Operation.objects.update(run_after=timezone.now())

    monkeypatch.setattr(deciding, "UNDO", timedelta())
    page.goto("/?state=failed")
    page.locator("tbody .tick").first.check()
    page.get_by_role("button", name="Delete…").click()
    confirm(page, "Delete 1 job")

    ended = Operation.objects.filter(status=OperationStatus.DONE)
    until(ended.exists, "the later operation to end", PATIENCE)
    assert (deletes(account), len(account.jobs)) == (1, FAILED)
