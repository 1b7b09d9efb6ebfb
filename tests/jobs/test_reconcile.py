"""Drift is found, said, and set right by the same operations (FIELD 2.1)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from jobs import operations, reconcile
from jobs.models import Action, Archive, Attention, Project, User
from jobs.projects import Actor
from jobs.states import State
from tests.conftest import MakeProject
from tests.factories import make_job

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def uncancelled(project: Project, at: datetime, number: int = 1, *, ago: timedelta = HOUR) -> None:
    for _ in range(number):
        asked = at - ago
        make_job(project, state=State.CANCELLING, reported=State.RUNNING, cancel_requested_at=asked)


def test_337_cancelled_jobs_that_still_run_are_one_group(project: Project, olga: User, at: datetime) -> None:
    uncancelled(project, at, 337)
    uncancelled(project, at, ago=timedelta(minutes=5))

    [group] = reconcile.drift(olga, at)
    selection, action = reconcile.select(group.key, olga, at)
    operation = operations.plan(selection, action, actor=Actor(olga, at))

    assert (group.key, group.jobs, group.projects) == ("uncancelled", 337, 1)
    assert (operation.action, operation.items_to_do) == ("cancel", 337)


def test_what_vanished_while_it_ran_can_be_removed(project: Project, olga: User, at: datetime) -> None:
    make_job(project, state=State.RUNNING, gone_at=at, gone_by="provider")
    make_job(project, state=State.FAILED, gone_at=at, gone_by="provider")
    make_job(project, state=State.RUNNING, gone_at=at, gone_by="olga")

    [group] = reconcile.drift(olga, at)

    assert (group.key, group.action, group.jobs) == ("vanished", Action.FORGET, 1)


def test_results_that_nobody_collected_can_be_saved(
    project: Project, make_project: MakeProject, superuser: User, at: datetime
) -> None:
    long_ago: dict[str, Any] = {"created_at": at - 9 * HOUR, "ended_at": at - 8 * HOUR, "output": "files/a"}
    make_job(project, results_state="waiting", **long_ago)
    make_job(project, results_state="saved", **long_ago)
    make_job(make_project(provider="vertex"), results_state="waiting", **long_ago)

    [group] = reconcile.drift(superuser, at)

    assert (group.key, group.action, group.jobs) == ("uncollected", Action.ARCHIVE, 1)


@pytest.mark.parametrize(("attempts", "groups"), [(0, 0), (3, 1)])
def test_what_an_archive_is_about_to_save_is_no_drift(
    project: Project, olga: User, at: datetime, attempts: int, groups: int
) -> None:
    job = make_job(project, results_state="waiting", ended_at=at - 8 * HOUR, output="files/a")
    Archive.objects.create(job=job, wanted_at=at, next_attempt_at=at, attempts=attempts)

    assert len(reconcile.drift(olga, at)) == groups


def test_others_drift_is_nobodys_business(project: Project, stranger: User, at: datetime) -> None:
    uncancelled(project, at)

    assert (reconcile.drift(stranger, at), reconcile.slots(stranger)) == ([], [])


def test_cancelled_jobs_hold_their_slots_until_they_end(
    project: Project, make_project: MakeProject, superuser: User, at: datetime
) -> None:
    uncancelled(project, at, 82)
    make_job(project, state=State.FAILED)
    make_project(provider="vertex")

    [slots] = reconcile.slots(superuser)

    assert (slots.project, slots.live, slots.limit, slots.nearly_full) == (project, 82, 100, True)


def test_drift_asks_for_a_look_and_settles_when_it_is_over(project: Project, at: datetime) -> None:
    uncancelled(project, at, 3)
    reconcile.look(at)
    [row] = Attention.objects.all()
    assert (row.kind, row.project, row.resolved_at) == ("drift", project, None)

    project.jobs.update(state=State.CANCELLED)
    reconcile.look(at + HOUR)

    row.refresh_from_db()
    assert row.resolved_at == at + HOUR


def test_nearly_full_slots_ask_for_a_look(project: Project, at: datetime) -> None:
    for _ in range(80):
        make_job(project, state=State.QUEUED)

    reconcile.look(at)

    row = Attention.objects.get()
    assert (row.subject, row.jobs, row.title) == (f"slots/{project.pk}", 80, "Live jobs fill nearly all slots")
