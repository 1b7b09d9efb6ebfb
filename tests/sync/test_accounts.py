"""The same account twice, and the key of another account."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from jobs import projects
from jobs.connections import connect
from jobs.credentials import Credential
from jobs.models import BatchJob, Project
from jobs.projects import Actor, ProjectRefused
from jobs.simulator.app import Simulator
from jobs.sync import doubles, sync_project
from jobs.sync.reader import LeaseLost, Reader
from jobs.sync.work import Work
from tests.conftest import MakeProject

from .conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)


def actor(watched: Watched) -> Actor:
    return Actor(None, watched.account.clock.now())


def fill(watched: Watched, number: int = 5) -> None:
    for _ in range(number):
        watched.account.add_job(created=watched.account.clock.now() - timedelta(days=1))


def add_second(watched: Watched, make_project: MakeProject) -> Project:
    """The account again: by another key (Gemini), by the cloud project's number (Vertex)."""
    secret = watched.account.add_key()
    if watched.project.provider == "gemini":
        return make_project(credential=Credential("api_key", secret), base_url=watched.project.base_url)
    number = getattr(watched.account, "cloud_number")  # noqa: B009 - only Vertex accounts have one
    places = {"cloud_project": number, "location": watched.project.location, "base_url": watched.project.base_url}
    return make_project(provider="vertex", credential=Credential("access_token", secret), **places)


def test_jobs_of_an_account_added_twice_are_stored_once(watched: Watched, make_project: MakeProject) -> None:
    fill(watched)
    watched.sync()
    second = add_second(watched, make_project)

    sync_project(second.pk, now=watched.account.clock.now)

    second.refresh_from_db()
    assert BatchJob.objects.count() == 5
    assert second.same_account_as == watched.project
    assert second.error.startswith("This is the account of another project")


def test_two_first_syncs_at_once_are_settled_by_the_younger(watched: Watched, make_project: MakeProject) -> None:
    fill(watched)
    second = add_second(watched, make_project)
    sync_project(second.pk, now=watched.account.clock.now)
    for job in BatchJob.objects.filter(project=second):
        job.pk, job.project = None, watched.project
        job.save()

    sync_project(second.pk, now=watched.account.clock.now, full=True)

    assert set(BatchJob.objects.values_list("project", flat=True)) == {watched.project.pk}
    assert BatchJob.objects.count() == 5


def test_two_projects_never_yield_to_each_other(gemini: Watched, make_project: MakeProject) -> None:
    fill(gemini)
    gemini.sync()
    second = add_second(gemini, make_project)
    Project.objects.filter(pk=gemini.project.pk).update(same_account_as=second)

    with transaction.atomic():
        doubles.settle(second, gemini.project)

    second.refresh_from_db()
    assert (second.same_account_as, gemini.project.jobs.count()) == (None, 5)


def test_a_sync_that_lost_its_lease_moves_no_jobs(gemini: Watched, make_project: MakeProject) -> None:
    fill(gemini)
    gemini.sync()
    second = add_second(gemini, make_project)
    reader = Reader(gemini.project, connect(gemini.project), uuid4(), gemini.account.clock.now)

    with pytest.raises(LeaseLost):
        Work(gemini.project, reader).yield_to(second)

    assert (gemini.project.jobs.count(), second.jobs.count()) == (5, 0)


def test_a_double_takes_over_when_the_original_is_removed(watched: Watched, make_project: MakeProject) -> None:
    fill(watched)
    watched.sync()
    second = add_second(watched, make_project)
    sync_project(second.pk, now=watched.account.clock.now)
    projects.remove(watched.project, by=actor(watched))

    sync_project(second.pk, now=watched.account.clock.now)

    second.refresh_from_db()
    assert (second.jobs.count(), second.same_account_as, second.error) == (5, None, "")


def test_rotating_to_another_accounts_key_is_refused(gemini: Watched, simulator: Simulator) -> None:
    fill(gemini)
    gemini.sync()
    other = simulator.add_gemini()
    other.add_job()

    with pytest.raises(ProjectRefused, match="another account"):
        projects.rotate(gemini.project, Credential("api_key", other.key), by=actor(gemini))

    gemini.project.refresh_from_db()
    assert gemini.project.open_credential().secret == gemini.account.secrets[0]


def test_rotating_to_a_wrong_key_is_refused(gemini: Watched) -> None:
    with pytest.raises(ProjectRefused, match="does not accept"):
        projects.rotate(gemini.project, Credential("api_key", "AIza-wrong"), by=actor(gemini))


def test_rotating_within_the_account_goes_on(gemini: Watched) -> None:
    fill(gemini)
    gemini.sync()
    projects.rotate(gemini.project, Credential("api_key", gemini.account.add_key()), by=actor(gemini))

    report = gemini.sync()

    assert (report.unchanged, report.errors, gemini.project.credential_proven) == (5, [], True)


def test_another_accounts_key_stores_and_marks_nothing(gemini: Watched, simulator: Simulator) -> None:
    fill(gemini)
    gemini.sync()
    other = simulator.add_gemini(jobs=3)
    gemini.project.set_credential(Credential("api_key", other.key), at=gemini.account.clock.now())
    gemini.project.credential_proven = False
    gemini.project.save()

    gemini.sync(full=True)

    assert (gemini.project.jobs.listed().count(), gemini.project.jobs.count()) == (5, 5)
    assert gemini.project.brake == "wrong_account"
