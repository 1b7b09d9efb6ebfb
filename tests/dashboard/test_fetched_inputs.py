"""Requests read from where the job itself read them, for results that do not give them back."""

from datetime import datetime
from html import unescape
from re import sub

import pytest
from django.test import Client

from jobs.credentials import Credential
from jobs.models import Archive, AuditEntry, BatchJob, Export, Project, User
from jobs.results import exporting, exports
from jobs.results.archives import OpenArchive, open_archive
from jobs.results.inputs import by_place, open_input
from jobs.results.originals import Archived
from jobs.simulator.accounts import VertexAccount
from tests.archives import answered, save_results
from tests.conftest import ClientFor, MakeProject
from tests.factories import make_job

pytestmark = pytest.mark.usefixtures("redis_client")


@pytest.fixture
def bucket(make_project: MakeProject, vertex_account: VertexAccount, base_url: str) -> Project:
    place = {"cloud_project": vertex_account.cloud_project, "location": vertex_account.location}
    urls = dict.fromkeys(("base_url", "storage_url", "bigquery_url"), base_url)
    return make_project(provider="vertex", credential=Credential("access_token", vertex_account.token), **place, **urls)


@pytest.fixture
def job(bucket: Project, vertex_account: VertexAccount) -> BatchJob:
    """Three results without their requests, out of order; the third has no key."""
    remote = vertex_account.add_job(requests=3, queue_seconds=0, run_seconds=0)
    job = make_job(bucket, name=remote.name, source=remote.input_name)
    save_results(job, answered("request-2"), answered("request-0"), answered(""))
    return job


@pytest.fixture
def browser(client_for: ClientFor, superuser: User) -> Client:
    return client_for(superuser)


def words(browser: Client, job: BatchJob, rest: str) -> str:
    html = browser.get(f"/jobs/{job.pk}/results/{rest}").content.decode()
    return " ".join(unescape(sub(r"<[^>]*>", " ", html)).split())


def fetch(browser: Client, job: BatchJob, at: datetime, line: str = "1") -> None:
    """A person asks, a worker does."""
    answer = browser.post(f"/jobs/{job.pk}/results/requests/", {"line": line})
    assert answer.headers["location"] == f"/jobs/{job.pk}/results/{line}/"
    for pk in exports.due(at.replace(year=2100)):
        exports.make(pk, now=lambda: at)


def test_a_row_shows_the_request_of_its_key(browser: Client, job: BatchJob, at: datetime) -> None:
    assert f"and keep them beside the results: {job.source}" in words(browser, job, "1/")

    fetch(browser, job, at)

    assert "Item 2." in words(browser, job, "1/")
    assert "Item 0." in words(browser, job, "2/")
    assert (Archive.objects.get().input_lines, Export.objects.count()) == (3, 0)
    assert AuditEntry.objects.filter(verb="attach input", actor_name="root").count() == 1


def test_a_row_without_a_key_has_none_where_results_lose_their_order(
    browser: Client, job: BatchJob, at: datetime
) -> None:
    fetch(browser, job, at)

    assert "The attached input has no request for this row" in words(browser, job, "3/")


def test_the_merged_download_has_what_rows_show(browser: Client, job: BatchJob, at: datetime) -> None:
    fetch(browser, job, at)
    archive = Archive.objects.get()

    requests = open_input(archive)
    assert isinstance(requests, OpenArchive)
    with open_archive(archive) as opened, requests:
        lines = list(exporting.merged(Archived(opened), requests, by_place=by_place(job)))

    assert [b"Item 2." in lines[0], b"Item 0." in lines[1], b'"request"' in lines[2]] == [True, True, False]


def test_while_a_worker_reads_the_page_says_so(browser: Client, job: BatchJob) -> None:
    browser.post(f"/jobs/{job.pk}/results/requests/", {"line": "1"})

    assert "A worker is fetching the requests from where the job read them" in words(browser, job, "1/")


def test_a_source_that_is_gone_is_said(
    browser: Client, job: BatchJob, vertex_account: VertexAccount, at: datetime
) -> None:
    BatchJob.objects.update(source=f"{job.source}.moved")

    fetch(browser, job, at)

    assert "They could not be fetched: Where this job read its requests nothing can be found" in words(
        browser, job, "1/"
    )
    assert Archive.objects.get().input_file == ""


def test_a_job_of_uploaded_requests_offers_only_to_attach_them(browser: Client, project: Project) -> None:
    job = make_job(project, source="files/abc")
    save_results(job, answered("a"))

    page = words(browser, job, "1/")

    assert ("Attach the input file…" in page, "Fetch the requests" in page) == (True, False)
