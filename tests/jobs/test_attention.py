"""Reports open, join and reopen; the cure settles; nothing is said twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection

from jobs import attention
from jobs.attention import Kind
from jobs.models import Attention, Project, User
from tests.conftest import MakeProject
from tests.factories import make_job, make_operation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]
HOUR = timedelta(hours=1)


def only() -> Attention:
    return Attention.objects.get()


def story(row: Attention) -> list[str]:
    return list(row.notes.values_list("verb", flat=True))


def test_a_report_opens_one_attention(project: Project, at: datetime) -> None:
    opened = attention.report(Kind.BRAKE, "project-1", at=at, title="Stopped", why="30 jobs", project=project)

    row = only()
    assert (opened, row.kind, row.title, row.why, row.project) == (True, "brake", "Stopped", "30 jobs", project)
    assert (row.since, row.last_at, row.times, row.jobs, row.resolved_at, story(row)) == (
        at,
        at,
        1,
        1,
        None,
        ["opened"],
    )


def test_the_same_report_again_changes_nothing(at: datetime) -> None:
    attention.report(Kind.STORAGE, "disk", at=at, title="Full")

    opened = attention.report(Kind.STORAGE, "disk", at=at + HOUR, title="Full")

    assert (opened, only().last_at, story(only())) == (False, at, ["opened"])


def test_a_report_while_it_is_open_brings_it_up_to_date(at: datetime) -> None:
    attention.report(Kind.DRIFT, "project-1", at=at, title="Drift", jobs=3)

    attention.report(Kind.DRIFT, "project-1", at=at + HOUR, title="Drift", jobs=7, since=at - HOUR)

    assert (only().jobs, only().since, only().last_at, only().times) == (7, at - HOUR, at, 1)


def test_the_cure_settles_and_says_so(at: datetime) -> None:
    attention.report(Kind.UNREACHABLE, "project-1", at=at, title="Unreachable")
    attention.report(Kind.UNREACHABLE, "project-2", at=at, title="Unreachable")

    assert attention.settle(Kind.UNREACHABLE, ["project-1", "project-7"], at=at + HOUR, note="It answers again.") == 1

    row = Attention.objects.get(subject="project-1")
    assert (row.resolved_at, row.resolved_by) == (at + HOUR, "Batchboard")
    assert (story(row), row.notes.last().text) == (["opened", "settled"], "It answers again.")  # type: ignore[union-attr]
    assert Attention.objects.unresolved().get().subject == "project-2"


def test_what_comes_again_reopens_as_new(at: datetime, project: Project, alice: User) -> None:
    attention.report(Kind.FAILED, "project-1", at=at, title="Failed", members=[make_job(project).pk])
    Attention.objects.update(acknowledged_at=at, acknowledged_by="alice", assigned_to=alice, snoozed_until=at + HOUR)
    attention.settle(Kind.FAILED, ["project-1"], at=at + HOUR)
    again = make_job(project)

    assert attention.report(Kind.FAILED, "project-1", at=at + 2 * HOUR, title="Failed", members=[again.pk]) is True

    row = only()
    assert (row.resolved_at, row.acknowledged_at, row.snoozed_until, row.times) == (None, None, None, 2)
    assert (row.since, row.assigned_to, row.jobs) == (at + 2 * HOUR, alice, 1)
    assert list(row.members.current().values_list("job", flat=True)) == [again.pk]


def test_what_goes_on_stays_resolved_until_it_was_cured(at: datetime) -> None:
    def tell(hours: int) -> bool:
        return attention.report(Kind.BRAKE, "p", at=at + hours * HOUR, title="Stopped", standing=True)

    tell(0)
    Attention.objects.update(resolved_at=at, resolved_by="olga")

    assert (tell(1), only().resolved_by, story(only())) == (False, "olga", ["opened"])
    assert attention.settle(Kind.BRAKE, ["p"], at=at + 2 * HOUR) == 0
    assert (only().resolved_by, tell(3), only().resolved_at) == ("olga", True, None)


def test_a_job_a_person_has_seen_to_is_no_news(at: datetime, project: Project) -> None:
    one, two = make_job(project).pk, make_job(project).pk
    attention.report(Kind.FAILED, "p", at=at, title="Failed", members=[one])
    Attention.objects.update(resolved_at=at, resolved_by="olga")

    assert attention.report(Kind.FAILED, "p", at=at + HOUR, title="Failed", members=[one]) is False
    assert attention.report(Kind.FAILED, "p", at=at + HOUR, title="Failed", members=[one, two]) is True
    assert (only().jobs, only().times) == (1, 2)


def test_standing_trouble_that_grows_reopens_with_all_its_jobs(at: datetime, project: Project) -> None:
    one, two = make_job(project).pk, make_job(project).pk
    attention.report(Kind.STUCK, "m", at=at, title="Stuck", members=[one], standing=True)
    Attention.objects.update(resolved_at=at, resolved_by="olga")

    assert attention.report(Kind.STUCK, "m", at=at + HOUR, title="Stuck", members=[one, two], standing=True) is True
    assert only().jobs == 2


def test_jobs_join_once_and_are_counted(at: datetime, project: Project) -> None:
    jobs = [make_job(project).pk for _ in range(3)]
    attention.report(Kind.FAILED, "p", at=at, title="Failed", members=jobs[:2])

    attention.report(Kind.FAILED, "p", at=at, title="Failed", members=jobs[1:])

    assert (only().jobs, only().members.count()) == (3, 3)


def test_the_last_job_to_leave_settles(at: datetime, project: Project) -> None:
    one, two = make_job(project).pk, make_job(project).pk
    attention.report(Kind.FAILED, "p", at=at, title="Failed", members=[one, two])

    attention.leave([Kind.FAILED], [one], at=at)
    assert (only().jobs, only().resolved_at) == (1, None)

    attention.leave([Kind.FAILED, Kind.STUCK], [two], at=at, note="Deleted.")
    assert (only().resolved_at, story(only())) == (at, ["opened", "settled"])


def test_people_see_what_concerns_their_projects(
    at: datetime, project: Project, make_project: MakeProject, victor: User, stranger: User, superuser: User
) -> None:
    mine, theirs = make_job(project), make_job(make_project())
    attention.report(Kind.BRAKE, "mine", at=at, title="Brake", project=project)
    attention.report(Kind.BRAKE, "theirs", at=at, title="Brake", project=theirs.project)
    attention.report(Kind.STUCK, "shared", at=at, title="Stuck", members=[mine.pk, theirs.pk])
    attention.report(Kind.STUCK, "not mine", at=at, title="Stuck", members=[theirs.pk])
    attention.report(Kind.STORAGE, "disk", at=at, title="Full")

    assert set(Attention.objects.visible_to(victor).values_list("subject", flat=True)) == {"mine", "shared"}
    assert not Attention.objects.visible_to(stranger).exists()
    assert Attention.objects.visible_to(superuser).count() == 5


def test_an_operation_over_several_projects_is_seen_by_who_sees_them_all(
    at: datetime, project: Project, make_project: MakeProject, victor: User
) -> None:
    for jobs in ([make_job(project)], [make_job(project), make_job(make_project())]):
        operation = make_operation(jobs)
        attention.report(Kind.OPERATION, f"operation/{operation.pk}", at=at, title="Not all", operation=operation)

    seen = Attention.objects.visible_to(victor)

    assert [row.operation.items.count() for row in seen if row.operation] == [1]


def test_open_is_neither_snoozed_nor_resolved(at: datetime) -> None:
    for subject in ("open", "snoozed", "awake", "resolved"):
        attention.report(Kind.STORAGE, subject, at=at, title="Full")
    Attention.objects.filter(subject="snoozed").update(snoozed_until=at + HOUR)
    Attention.objects.filter(subject="awake").update(snoozed_until=at)
    Attention.objects.filter(subject="resolved").update(resolved_at=at)

    assert {row.subject for row in Attention.objects.open(at)} == {"open", "awake"}
    assert {row.subject for row in Attention.objects.snoozed(at)} == {"snoozed"}
    assert {row.subject for row in Attention.objects.resolved()} == {"resolved"}


@pytest.mark.django_db(transaction=True)
def test_many_at_once_open_one(at: datetime, project: Project) -> None:
    jobs = [make_job(project).pk for _ in range(8)]

    def tell(pk: int) -> bool:
        try:
            return attention.report(Kind.FAILED, "p", at=at, title="Failed", members=[pk])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(tell, jobs))

    assert (opened.count(True), only().jobs, story(only())) == (1, 8, ["opened"])
