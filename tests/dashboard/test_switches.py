"""How a project handles results: its switches, and how its archives stand."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from jobs.models import Archive, ArchiveStatus, AuditEntry, Project, User
from tests.conftest import ClientFor
from tests.factories import make_job

pytestmark = pytest.mark.usefixtures("redis_client")
CHOSEN = {"archive_mode": "demand", "results_role": "operator", "approval_above": "50"}


@pytest.fixture
def browser(client_for: ClientFor, alice: User) -> Client:
    return client_for(alice)


def words(html: bytes) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html.decode()).split())


def archive(project: Project, at: datetime, status: ArchiveStatus, **fields: Any) -> Archive:
    saved = {"saved_at": at, "size": 10, "file": "x", "sha256": "0" * 64} if status == ArchiveStatus.SAVED else {}
    times = {"wanted_at": at, "next_attempt_at": at}
    return Archive.objects.create(job=make_job(project), status=status, **times, **saved, **fields)


def test_an_admin_sets_them_and_it_is_written_down(browser: Client, project: Project) -> None:
    answer = browser.post(f"/projects/{project.pk}/switches/", CHOSEN)

    project.refresh_from_db()
    assert answer.status_code == 302
    assert (project.archive_mode, project.results_role, project.approval_above) == ("demand", "operator", 50)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor_name, entry.detail["approval_above"]) == ("set switches", "alice", [1000, 50])


def test_saving_what_is_so_already_writes_nothing_down(browser: Client, project: Project) -> None:
    same = {"archive_mode": "finish", "results_role": "viewer", "approval_above": "1000"}

    assert browser.post(f"/projects/{project.pk}/switches/", same).status_code == 302
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("wrong", [{"archive_mode": "later"}, {"results_role": "admin"}, {"approval_above": "-1"}])
def test_nonsense_is_refused_and_changes_nothing(browser: Client, project: Project, wrong: dict[str, str]) -> None:
    answer = browser.post(f"/projects/{project.pk}/switches/", CHOSEN | wrong)

    project.refresh_from_db()
    assert answer.status_code == 422
    assert project.archive_mode == "finish"


def test_the_project_tells_how_its_archives_stand(browser: Client, project: Project, at: datetime) -> None:
    for size in (1_000_000, 500_000):
        archive(project, at, ArchiveStatus.SAVED, stored_size=size)
    archive(project, at, ArchiveStatus.WAITING, expires_at=at + timedelta(days=3650))
    archive(project, at, ArchiveStatus.SAVING)
    archive(project, at, ArchiveStatus.REFUSED)
    archive(project, at, ArchiveStatus.LOST)

    text = words(browser.get(f"/projects/{project.pk}/").content)

    assert "Saved 2 jobs · 1.5 MB Waiting 2 jobs · earliest expiry" in text
    assert "Need a hand 1 job: their page says why Lost 1 job Results are saved When a job finishes" in text
    assert "Opened by Every member A second person approves operations on more than 1,000 jobs" in text


def test_a_quota_is_shown_with_what_all_projects_use(
    browser: Client, project: Project, at: datetime, settings: Settings
) -> None:
    settings.RESULTS_QUOTA_GB = 1
    archive(project, at, ArchiveStatus.SAVED, stored_size=2_000_000)

    assert "Quota of all projects 2.0 MB of 1.1 GB used" in words(browser.get(f"/projects/{project.pk}/").content)
