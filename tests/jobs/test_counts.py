"""Counts by state: exact from the rollup, bounded elsewhere, and put right when the rollup drifted."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.http import QueryDict
from pytest_django import DjangoAssertNumQueries

from jobs import counts, search
from jobs.counts import Difference, JobCounts, Number, count, recount
from jobs.filters import JobFilter
from jobs.models import BatchJob, Project, StateCount
from jobs.states import State
from tests.factories import make_job

pytestmark = pytest.mark.django_db


def counted(query: str, projects: list[Project], at: datetime) -> JobCounts:
    jobs = BatchJob.objects.filter(project__in=projects)
    return count(jobs, JobFilter.parse(QueryDict(query)), [project.pk for project in projects], at=at)


def test_counts_by_state_leave_the_chosen_state_aside(project: Project, at: datetime) -> None:
    make_job(project, state=State.FAILED)
    make_job(project)
    make_job(project)

    found = counted("state=failed", [project], at)

    assert (found.all, found.by_state[State.FAILED], found.by_state[State.SUCCEEDED]) == (
        Number(3),
        Number(1),
        Number(2),
    )


def test_only_visible_and_chosen_projects_count(make_project: Callable[..., Project], at: datetime) -> None:
    mine, other, hidden = make_project(), make_project(), make_project()
    for project in (mine, other, other, hidden):
        make_job(project)

    assert counted("", [mine, other], at).all == Number(3)
    assert counted(f"project={other.pk}", [mine, other], at).all == Number(2)
    assert counted(f"project={hidden.pk}", [mine, other], at).all == Number(0)


def test_models_to_choose_from_are_those_there_and_those_chosen(project: Project, at: datetime) -> None:
    make_job(project, model="a")
    make_job(project, model="")

    found = counted("model=b", [project], at)

    assert (found.models, found.all) == (["a", "b"], Number(0))


@pytest.mark.parametrize("query", ["q=job", "range=24h", "gone=1"])
def test_what_the_rollup_cannot_tell_is_counted(project: Project, at: datetime, query: str) -> None:
    make_job(project)
    StateCount.objects.all().delete()

    assert counted(query, [project], at).by_state[State.SUCCEEDED] == Number(1)


def test_counting_stops_at_the_limit(project: Project, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "LIMIT", 3)
    monkeypatch.setattr(counts, "KEPT", 2)
    for _ in range(5):
        make_job(project)

    assert str(counted("q=job", [project], at).all) == "3+"
    assert str(counted("", [project], at).all) == "5"


@pytest.mark.parametrize(("expected", "told"), [(4, "4"), (5, "2+")])
def test_a_common_word_is_counted_no_further_than_it_was_met(
    project: Project, at: datetime, monkeypatch: pytest.MonkeyPatch, expected: int, told: str
) -> None:
    monkeypatch.setattr(counts, "COMMON", 4)
    monkeypatch.setattr(counts, "KEPT", 2)
    monkeypatch.setattr(search, "has_statistics", lambda: True)
    monkeypatch.setattr(search, "expected", lambda jobs: expected)
    for _ in range(4):
        make_job(project)

    assert str(counted("q=job", [project], at).all) == told


@pytest.mark.parametrize("query", ["", "q=job", "q=jo", "range=24h", "failures=1"])
def test_who_sees_no_project_has_no_job(project: Project, at: datetime, query: str) -> None:
    make_job(project)

    assert str(counted(query, [], at).all) == "0"


@pytest.mark.sqlite
def test_sqlite_searches_any_word_once(
    project: Project, at: datetime, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(counts, "KEPT", 2)
    for _ in range(4):
        make_job(project)

    with django_assert_num_queries(2):  # the rollup's models, then the search
        assert str(counted("q=job", [project], at).all) == "4"


@pytest.mark.sqlite
def test_sqlite_asks_the_prefix_index_for_two_characters() -> None:
    plan = search.matching(BatchJob.objects.order_by(), "ni").explain()

    assert "job_search_prefix (search_prefix>? AND search_prefix<?)" in plan


@pytest.mark.postgresql
def test_the_planner_tells_how_many_it_expects(project: Project) -> None:
    for _ in range(30):
        make_job(project)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_batchjob")

    assert search.expected(BatchJob.objects.order_by()) == 30


def test_few_found_jobs_are_kept_for_the_page(project: Project, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    make_job(project)
    failed = make_job(project, state=State.FAILED)

    assert counted("q=job&state=failed", [project], at).found == [failed.pk]
    monkeypatch.setattr(counts, "KEPT", 1)
    assert counted("q=job&state=failed", [project], at).found is None


def test_recount_is_silent_when_all_is_right(project: Project) -> None:
    make_job(project)

    assert recount([project.pk]) == []


def test_recount_tells_and_mends_what_drifted(project: Project, at: datetime) -> None:
    make_job(project)
    make_job(project, gone_at=at)
    StateCount.objects.update(jobs=5)
    StateCount.objects.create(project=project, model="old", state=State.FAILED, jobs=2)

    assert recount([project.pk]) == [
        Difference(project.pk, "gemini-2.5-flash", "succeeded", 4),
        Difference(project.pk, "old", "failed", 2),
    ]
    assert recount([project.pk]) == []
    assert sorted(StateCount.objects.values_list("jobs", flat=True)) == [0, 1]


def test_recount_adds_what_was_never_counted(project: Project) -> None:
    make_job(project)
    StateCount.objects.all().delete()

    recount([project.pk])

    assert StateCount.objects.get().jobs == 1
