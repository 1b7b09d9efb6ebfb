"""Which rows and projects somebody must look at, and when that is over."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from jobs import troubles
from jobs.models import Attention, BatchJob, Project, User
from jobs.states import State
from tests.conftest import MakeProject
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def look(*jobs: BatchJob, at: datetime) -> None:
    troubles.look_at([job.pk for job in jobs], at=at)


def kinds() -> dict[str, int]:
    return dict(Attention.objects.unresolved().values_list("kind", "jobs"))


def change(job: BatchJob, **fields: Any) -> BatchJob:
    BatchJob.objects.filter(pk=job.pk).update(**fields)
    job.refresh_from_db()
    return job


def test_each_trouble_has_its_kind(project: Project, at: datetime) -> None:
    jobs = [
        make_job(project),
        make_job(project, state=State.RUNNING),
        make_job(project, state=State.CANCELLED),
        make_job(project, state=State.FAILED, error_message="Out of quota."),
        make_job(project, state=State.EXPIRED),
        make_job(project, state=State.FAILED, reported=State.SUCCEEDED, requests_failed=10),
        make_job(project, state=State.UNKNOWN, provider_state="REBALANCING"),
        make_job(project, warning="truncated"),
    ]

    look(*jobs, at=at)

    assert kinds() == {"failed": 2, "all_failed": 1, "unknown_state": 1, "truncated": 1}
    assert Attention.objects.get(kind="failed").why == "Out of quota."
    assert Attention.objects.get(kind="unknown_state").subject == f"project-{project.pk} REBALANCING"


def test_500_failed_jobs_of_a_project_are_one_line(project: Project, make_project: MakeProject, at: datetime) -> None:
    jobs = [make_job(project, state=State.FAILED) for _ in range(500)]
    other = make_job(make_project(), state=State.FAILED)

    look(*jobs[:300], at=at)
    look(*jobs[300:], other, at=at + timedelta(minutes=40))

    assert list(Attention.objects.order_by("-jobs").values_list("jobs", flat=True)) == [500, 1]


def test_what_failed_long_before_it_was_seen_is_history(project: Project, at: datetime) -> None:
    old = at - timedelta(days=9)

    look(make_job(project, state=State.FAILED, created_at=old, first_seen_at=at), at=at)

    assert kinds() == {}


def test_deleting_the_failed_jobs_settles_it(project: Project, at: datetime) -> None:
    one, two = make_job(project, state=State.FAILED), make_job(project, state=State.FAILED)
    look(one, two, at=at)

    look(change(one, gone_at=at), at=at)
    assert kinds() == {"failed": 1}

    look(change(two, gone_at=at), at=at)
    row = Attention.objects.get()
    assert (kinds(), row.resolved_by, row.resolved_at) == ({}, "Batchboard", at)


def test_a_job_regraded_moves_to_the_other_kind(project: Project, at: datetime) -> None:
    job = make_job(project, state=State.FAILED)
    look(job, at=at)

    look(change(job, reported=State.SUCCEEDED), at=at)

    assert kinds() == {"all_failed": 1}


def test_a_new_failure_reopens_what_a_person_resolved(project: Project, at: datetime, olga: User) -> None:
    seen_to = make_job(project, state=State.FAILED)
    look(seen_to, at=at)
    Attention.objects.update(resolved_at=at, resolved_by=olga.username)

    look(seen_to, at=at)
    assert kinds() == {}

    look(seen_to, make_job(project, state=State.FAILED), at=at + timedelta(hours=1))
    assert (kinds(), Attention.objects.get().times) == ({"failed": 1}, 2)


def test_nothing_changed_asks_nothing(django_assert_num_queries: Any, at: datetime) -> None:
    with django_assert_num_queries(0):
        troubles.look_at([], at=at)


@pytest.mark.parametrize(
    ("kind", "failures", "raised"), [("credential", 1, True), ("transient", 2, False), ("transient", 3, True)]
)
def test_a_project_that_cannot_be_read(project: Project, at: datetime, kind: str, failures: int, raised: bool) -> None:
    Project.objects.update(error="It answers 503.", error_kind=kind, failures=failures, last_success_at=at)

    troubles.of_project(project.pk, at=at + timedelta(hours=1))

    found = list(Attention.objects.values_list("kind", "why", "since", "project"))
    assert found == ([("unreachable", "It answers 503.", at, project.pk)] if raised else [])


def test_a_project_read_again_settles_it(project: Project, at: datetime) -> None:
    Project.objects.update(error="No.", error_kind="credential", failures=1)
    troubles.of_project(project.pk, at=at)
    Project.objects.update(error="", error_kind="", failures=0)

    troubles.of_project(project.pk, at=at)

    assert kinds() == {}
    assert Attention.objects.get().notes.values_list("verb", "text").last() == ("settled", "The project is read again.")


def test_a_brake_asks_until_it_is_released(project: Project, at: datetime) -> None:
    Project.objects.update(brake="mass_vanish", error_kind="brake", error="30 of 40 jobs are no longer listed.")
    troubles.of_project(project.pk, at=at)
    assert kinds() == {"brake": 1}

    Project.objects.update(brake="", error_kind="", error="")
    troubles.of_project(project.pk, at=at)
    assert kinds() == {}
