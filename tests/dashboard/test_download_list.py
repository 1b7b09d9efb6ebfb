"""Which files a job's results are offered as."""

import re
from datetime import datetime
from html import unescape

import pytest
from django.test import Client

from jobs.models import Archive, BatchJob, Export, Project, User
from tests.archives import answered, failed, save_results
from tests.conftest import ClientFor, MakeProject
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


@pytest.fixture
def job(project: Project) -> BatchJob:
    return make_job(project)


@pytest.fixture
def browser(client_for: ClientFor, victor: User) -> Client:
    return client_for(victor)


def offered(browser: Client, job: BatchJob, page: str = "results/") -> list[str]:
    html = browser.get(f"/jobs/{job.pk}/{page}").content.decode()
    return [found.rpartition("/")[2] for found in re.findall(r'href="(/download/[^"]*)"', html)]


def words(browser: Client, job: BatchJob) -> str:
    html = browser.get(f"/jobs/{job.pk}/results/").content.decode()
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def test_saved_results_come_whole_as_csv_and_only_the_failed(browser: Client, job: BatchJob) -> None:
    save_results(job, answered("a"), failed("b"))

    assert offered(browser, job) == ["results.jsonl", "results.csv", "failed.jsonl"]
    assert offered(browser, job, "") == ["results.jsonl", "results.csv", "failed.jsonl"]
    assert f"Original, JSONL {Archive.objects.get().size} bytes" in words(browser, job)


def test_requests_come_with_responses_where_they_are_known(browser: Client, job: BatchJob) -> None:
    save_results(job, answered("a"), input_file="x", input_index="y")

    assert offered(browser, job) == ["results.jsonl", "results.csv", "merged.jsonl"]


def test_a_provider_that_echoes_requests_needs_no_input_file(
    client_for: ClientFor, superuser: User, make_project: MakeProject
) -> None:
    job = make_job(make_project(provider="vertex", cloud_project="p", location="l"))
    save_results(job, answered("a"))

    assert "merged.jsonl" in offered(client_for(superuser), job)


def test_parquet_is_made_when_asked_for_and_offered_when_ready(browser: Client, job: BatchJob, at: datetime) -> None:
    save_results(job, answered("a"))
    assert "Make Parquet a worker makes it" in words(browser, job)

    answer = browser.post(f"/jobs/{job.pk}/results/parquet/")
    assert answer.status_code == 302
    assert "Parquet being made…" in words(browser, job)
    Export.objects.update(ready_at=at, file="x.parquet", size=12_345)

    assert "results.parquet" in offered(browser, job)
    assert "Parquet 12 KB" in words(browser, job)


def test_parquet_that_failed_says_why_and_may_be_tried_again(browser: Client, job: BatchJob, at: datetime) -> None:
    archive = save_results(job, answered("a"))
    Export.objects.create(archive=archive, format="parquet", requested_at=at, error="The disk is full.")

    assert "Make Parquet The disk is full." in words(browser, job)


def test_several_files_of_the_provider_are_offered_one_by_one(browser: Client, job: BatchJob) -> None:
    parts = [{"name": f"predictions_{n}.jsonl", "size": 1_000_000, "start": 0, "sha256": ""} for n in (1, 2)]
    save_results(job, answered("a"), parts=parts)

    assert offered(browser, job)[-2:] == ["results.jsonl?part=1", "results.jsonl?part=2"]
    assert "2 files as the provider has them predictions_1.jsonl 1.0 MB predictions_2.jsonl 1.0 MB" in words(
        browser, job
    )


def test_what_is_not_saved_comes_straight_from_the_provider(browser: Client, job: BatchJob) -> None:
    BatchJob.objects.update(results_state="waiting")

    assert offered(browser, job) == ["results.jsonl", "results.csv"]


def test_lost_results_are_not_offered(browser: Client, job: BatchJob, at: datetime) -> None:
    BatchJob.objects.update(results_state="lost")
    Archive.objects.create(job=job, status="lost", wanted_at=at, next_attempt_at=at)

    assert offered(browser, job) == []


def test_who_may_not_open_results_is_offered_none(browser: Client, job: BatchJob) -> None:
    save_results(job, answered("a"))
    Project.objects.update(results_role="operator")

    assert offered(browser, job, "") == []
