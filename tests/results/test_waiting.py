"""What waits to be saved: found by index, filtered in the list, watched by its clock, worked off by tasks."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from jobs import tasks
from jobs.credentials import Credential
from jobs.filters import JobFilter
from jobs.models import Archive, Attention, BatchJob, BatchJobQuerySet, Project
from jobs.results import trouble, wanting
from jobs.simulator.accounts import GeminiAccount
from tests.conftest import MakeProject
from tests.factories import make_job
from tests.operations.many import many_jobs

pytestmark = pytest.mark.django_db
SOON, LATER = timedelta(hours=5), timedelta(hours=7)


def chosen(query: str, at: datetime) -> set[int]:
    found = JobFilter.parse(QueryDict(query)).apply(BatchJob.objects.all(), at=at)
    return set(found.values_list("pk", flat=True))


def test_the_list_is_filtered_by_where_results_are(project: Project, at: datetime) -> None:
    jobs = {state: make_job(project, results_state=state).pk for state in ("", "waiting", "saved", "lost")}

    for state in ("waiting", "saved", "lost"):
        assert chosen(f"results={state}", at) == {jobs[state]}


def test_expiring_is_what_goes_within_six_hours_unsaved(project: Project, at: datetime) -> None:
    soon = make_job(project, results_state="waiting", expires_at=at + SOON)
    make_job(project, results_state="waiting", expires_at=at + LATER)
    make_job(project, results_state="saved", expires_at=at + SOON)
    make_job(project, state="running", expires_at=at + SOON)

    assert chosen("results=expiring", at) == {soon.pk}


def test_the_list_is_filtered_by_warning_and_pin(project: Project, at: datetime) -> None:
    warned, kept = make_job(project, warning="truncated"), make_job(project, kept_at=at)
    make_job(project)

    assert (chosen("warning=truncated", at), chosen("kept=1", at)) == ({warned.pk}, {kept.pk})


def test_the_filter_is_written_back_and_said(at: datetime) -> None:
    query = "warning=truncated&results=lost&kept=1"
    found = JobFilter.parse(QueryDict(query + "&results=lost"))

    assert found.query() == query
    assert not found.counted_by_rollup
    assert found.describe({}) == "jobs with over 5 % of answers cut off with lost results pinned to be kept"


def test_nonsense_is_left_out_and_told() -> None:
    found = JobFilter.parse(QueryDict("warning=x&results=y"))

    assert (found.warning, found.results, len(found.notes)) == ("", "", 2)


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (BatchJob.objects.with_results_unnoticed().order_by("pk"), "job_results_new"),
        (BatchJob.objects.expiring(timezone.now()), "job_results_expiry"),
        (BatchJob.objects.with_warning("truncated").order_by("by_created", "id"), "job_warned"),
        (BatchJob.objects.results("lost").order_by("by_created", "id"), "job_results"),
    ],
)
def test_an_index_finds_them(rows: BatchJobQuerySet, index: str, project: Project, at: datetime) -> None:
    """The planner knows the table: hundreds wait, and are dropped one after another."""
    many_jobs(project, 400, at=at)
    jobs = list(BatchJob.objects.all())
    for hours, job in enumerate(jobs):
        job.results_state, job.expires_at = "waiting", timezone.now() + timedelta(hours=hours)
    BatchJob.objects.bulk_update(jobs, ["results_state", "expires_at"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_batchjob")

    assert index in rows.explain()


def test_what_expires_soon_raises_attention_until_it_is_over(project: Project, at: datetime) -> None:
    job = make_job(project, results_state="waiting", expires_at=at + SOON)
    make_job(project, results_state="waiting", expires_at=at + LATER)

    assert trouble.guard(at) == 1
    assert Attention.objects.unresolved().get(kind="expiring").jobs == 1

    BatchJob.objects.filter(pk=job.pk).update(results_state="saved")
    assert trouble.guard(at) == 0
    assert not Attention.objects.unresolved().filter(kind="expiring").exists()


def test_what_is_asked_for_twice_is_queued_once(project: Project, at: datetime) -> None:
    job, running = make_job(project), make_job(project, state="running")

    assert (wanting.want([job, running], "olga", at), wanting.want([job], "olga", at)) == (1, 0)
    assert Archive.objects.get().wanted_by == "olga"
    assert wanting.forget([job.pk]) == 1


def test_paused_and_removed_projects_save_nothing(project: Project, at: datetime) -> None:
    wanting.want([make_job(project)], "", at)
    assert len(wanting.next_due(at, 5)) == 1

    Project.objects.update(paused_at=at)
    assert wanting.next_due(at, 5) == []


@pytest.mark.django_db(transaction=True)
def test_the_tasks_work_the_queue_off(
    make_project: MakeProject, gemini_account: GeminiAccount, base_url: str, redis_client: object
) -> None:
    project = make_project(base_url=base_url, credential=Credential("api_key", gemini_account.key))
    for _ in range(3):
        remote = gemini_account.add_job(requests=5, queue_seconds=0, run_seconds=0)
        make_job(project, name=remote.name, output=remote.output_name)

    tasks.wake_results()
    tasks.save_results(archive_id=wanting.next_due(timezone.now(), 1)[0])

    assert list(Archive.objects.values_list("status", flat=True)) == ["saved"] * 3
    tasks.guard_results()
    tasks.sweep_results()
