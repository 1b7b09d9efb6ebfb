"""One worker at a time, and a slow one overwrites nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from jobs import projects
from jobs.connections import connect
from jobs.credentials import Credential
from jobs.models import Project
from jobs.projects import Actor
from jobs.sync import health, merge, sync_project
from jobs.sync.health import Success, Trouble
from jobs.sync.reader import LeaseLost, Reader
from jobs.sync.work import Work
from tests.conftest import AT

from .conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_project_is_claimed_once(gemini: Watched) -> None:
    at, lease = gemini.account.clock.now(), timedelta(seconds=60)
    mine = Project.objects.filter(pk=gemini.project.pk)

    assert mine.claim(at, lease) is not None
    assert mine.claim(at + timedelta(seconds=59), lease) is None


def test_a_lease_that_ran_out_can_be_claimed(gemini: Watched) -> None:
    at, lease = gemini.account.clock.now(), timedelta(seconds=60)
    mine = Project.objects.filter(pk=gemini.project.pk)
    first = mine.claim(at, lease)

    second = mine.claim(at + lease, lease)

    assert second not in (None, first)


def test_a_held_project_is_not_synced(gemini: Watched) -> None:
    at = gemini.account.clock.now()
    Project.objects.filter(pk=gemini.project.pk).claim(at, timedelta(seconds=60))

    assert sync_project(gemini.project.pk, now=gemini.account.clock.now) is None
    assert gemini.account.journal.count() == 0


def test_a_worker_that_lost_its_lease_stores_nothing(gemini: Watched) -> None:
    gemini.account.add_job()
    at = gemini.account.clock.now()
    mine = Project.objects.filter(pk=gemini.project.pk)
    token = mine.claim(at, timedelta(seconds=60)) or uuid4()
    frozen = Work(gemini.project, reader_of(gemini, token))
    mine.claim(at + timedelta(hours=1), timedelta(seconds=60))

    with pytest.raises(LeaseLost):
        frozen.run(full=True)

    assert gemini.project.jobs.count() == 0


def test_a_lost_lease_rolls_back_the_rows_of_its_transaction(gemini: Watched) -> None:
    made = gemini.account.add_job(queue_seconds=60, run_seconds=600)
    gemini.sync()
    stale = Work(gemini.project, reader_of(gemini, uuid4()))
    gemini.pass_time(120)
    page = stale.reader.provider.list_page()
    batch = merge.read(merge.Memory(gemini.project), page.jobs, stale.kind.parse_job)

    with pytest.raises(LeaseLost):
        stale._store_news(batch)

    assert gemini.job(made.name).state == "queued"


def test_a_lease_is_renewed_by_reading(gemini: Watched) -> None:
    token = Project.objects.filter(pk=gemini.project.pk).claim(gemini.account.clock.now(), timedelta(seconds=60))
    assert token is not None
    reader = reader_of(gemini, token)
    reader.renew()
    gemini.pass_time(settings.SYNC_LEASE_SECONDS / 2)

    reader.renew()

    gemini.project.refresh_from_db()
    assert gemini.project.leased_until == gemini.account.clock.now() + timedelta(seconds=settings.SYNC_LEASE_SECONDS)


def test_a_finished_sync_frees_the_project(gemini: Watched) -> None:
    gemini.sync()

    assert (gemini.project.leased_until, gemini.project.lease_token) == (None, None)


def test_a_sync_by_the_old_credential_says_nothing_of_the_new_one(gemini: Watched) -> None:
    gemini.sync()
    by = Actor(None, gemini.account.clock.now())
    token, running = claimed(gemini)
    projects.rotate(gemini.project, Credential("api_key", gemini.account.add_key()), by=by)

    assert not health.fail(running, token, Trouble("credential", "Rotate it."), at=by.at)

    gemini.project.refresh_from_db()
    assert (gemini.project.error, gemini.project.next_sync_at) == ("", by.at)


def test_a_sync_of_the_old_place_proves_nothing_of_the_new_one(vertex: Watched) -> None:
    Project.objects.update(brake="mass_vanish", brake_released_at=AT)
    token, running = claimed(vertex)
    moved = replace(projects.draft_of(running), location="us-east5")
    projects.edit(vertex.project, moved, by=Actor(None, AT), any_host=True)

    assert not health.succeed(running, token, Success(True, True, True, False, None, None, None), at=AT)

    vertex.project.refresh_from_db()
    assert (vertex.project.credential_proven, vertex.project.brake_released_at) == (False, None)


def test_a_sync_stopped_by_hand_frees_the_project(gemini: Watched) -> None:
    moments = [gemini.account.clock.now()] * 2

    def now() -> datetime:
        if not moments:
            raise KeyboardInterrupt
        return moments.pop()

    with pytest.raises(KeyboardInterrupt):
        sync_project(gemini.project.pk, now=now)

    gemini.project.refresh_from_db()
    assert (gemini.project.leased_until, gemini.project.last_attempt_at) == (None, None)


def claimed(watched: Watched) -> tuple[UUID, Project]:
    """The project as a worker that begins a sync holds it."""
    token = Project.objects.filter(pk=watched.project.pk).claim(watched.account.clock.now(), timedelta(seconds=60))
    assert token is not None
    return token, Project.objects.get(pk=watched.project.pk)


def reader_of(watched: Watched, token: UUID) -> Reader:
    return Reader(watched.project, connect(watched.project), token, watched.account.clock.now)
