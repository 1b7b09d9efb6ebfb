"""What people do to projects is checked in the domain too, not only in forms."""

from datetime import datetime

import pytest

from jobs import projects
from jobs.credentials import Credential
from jobs.models import AuditEntry, Project, User
from jobs.projects import Actor, Draft, ProjectRefused
from tests.dripping import HEAD, dripping

VERTEX = Draft("Trust", "vertex", "acme-trust", "us-central1")


def test_only_a_superuser_lends_the_servers_identity(alice: User, at: datetime) -> None:
    with pytest.raises(ProjectRefused, match="Only a superuser"):
        projects.add(VERTEX, Credential("adc"), by=Actor(alice, at))

    assert not Project.objects.filter(name="Trust").exists()


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft("a/b", "gemini"), "name"),
        (Draft("evil\u202eelpoep", "gemini"), "name"),
        (Draft("a\x9b2Jb", "gemini"), "name"),
        (Draft("a", "nobody"), "provider"),
        (Draft("a", "gemini", base_url="https://evil.example"), "base_url"),
        (Draft("a", "gemini", base_url="https://generativelanguage.googleapis.com.evil.example"), "base_url"),
        (Draft("a", "gemini", base_url="http://169.254.169.254"), "base_url"),
    ],
)
def test_a_nonsensical_project_is_refused_by_field(superuser: User, at: datetime, draft: Draft, field: str) -> None:
    with pytest.raises(ProjectRefused) as refused:
        projects.add(draft, Credential("api_key", "AIza-x"), by=Actor(superuser, at))

    assert (refused.value.field, Project.objects.count()) == (field, 0)


@pytest.mark.parametrize("secret", ["", "two words", "line\nbreak", "ключ", "tab\t"])
def test_a_secret_that_cannot_stand_in_a_header_is_refused(superuser: User, at: datetime, secret: str) -> None:
    with pytest.raises(ProjectRefused) as refused:
        projects.add(Draft("a", "gemini"), Credential("api_key", secret), by=Actor(superuser, at))

    assert refused.value.field == "secret"


def test_removing_forgets_the_credential_and_is_written_down(project: Project, alice: User, at: datetime) -> None:
    projects.remove(project, by=Actor(alice, at, "10.0.0.7"))

    project.refresh_from_db()
    entry = AuditEntry.objects.get(verb="remove project")
    assert (project.removed_at, project.credential) == (at, "")
    assert (entry.actor, entry.project, entry.address, entry.at) == (alice, project, "10.0.0.7", at)


def test_pausing_twice_is_written_down_once(project: Project, alice: User, at: datetime) -> None:
    projects.pause(project, by=Actor(alice, at))
    projects.pause(project, by=Actor(alice, at))

    assert AuditEntry.objects.filter(verb="pause project").count() == 1


def test_a_paused_project_is_not_due(project: Project, alice: User, at: datetime) -> None:
    projects.pause(project, by=Actor(alice, at))

    assert not Project.objects.due(at).exists()


def test_a_connection_test_does_not_wait_for_a_slow_provider(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "PATIENCE", 0.3)
    with dripping(HEAD + b"X-Long: ", b"a") as url:
        found = projects.check(Draft("a", "gemini", base_url=url), Credential("api_key", "AIza-x"), any_host=True)

    assert found.sentence == "The provider did not answer in time; it is asked again later."


def test_connection_tests_leave_threads_to_the_pages(db: None) -> None:
    with projects._while_somebody_waits(), projects._while_somebody_waits():
        found = projects.check(Draft("a", "gemini"), Credential("api_key", "AIza-x"))

    assert found.sentence == "Other connections are being tested just now: try again in a moment."
