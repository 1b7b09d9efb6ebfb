"""The first rows of results that are not saved: read from the provider, and no more of them than a page shows."""

from html import unescape
from re import findall, sub
from typing import Literal

import pytest
from django.test import Client

from jobs.credentials import Credential
from jobs.models import Archive, AuditEntry, BatchJob, Project, Role, User
from jobs.results import beginning
from jobs.results.reading import open_results
from jobs.simulator.accounts import GeminiAccount
from tests.archives import answered, save_results
from tests.conftest import ClientFor, MakeProject
from tests.factories import make_job

pytestmark = pytest.mark.usefixtures("redis_client")


@pytest.fixture
def project(make_project: MakeProject, gemini_account: GeminiAccount, base_url: str) -> Project:
    return make_project(base_url=base_url, credential=Credential("api_key", gemini_account.key))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no slow provider."""
    monkeypatch.setattr(beginning, "PATIENCE", 120.0)


def job_of(project: Project, account: GeminiAccount, requests: int, *, inline: bool = False) -> BatchJob:
    source: Literal["inline", "file"] = "inline" if inline else "file"
    remote = account.add_job(requests=requests, queue_seconds=0, run_seconds=0, source=source)
    output = "inline" if inline else remote.output_name
    return make_job(project, name=remote.name, output=output, results_state="waiting")


@pytest.fixture
def browser(client_for: ClientFor, victor: User) -> Client:
    return client_for(victor)


def page(browser: Client, job: BatchJob) -> str:
    return browser.get(f"/jobs/{job.pk}/results/first/").content.decode()


def words(html: str) -> str:
    return " ".join(unescape(sub(r"<[^>]*>", " ", html)).split())


def test_it_shows_fifty_rows_and_leaves_the_rest(
    browser: Client, project: Project, gemini_account: GeminiAccount
) -> None:
    html = page(browser, job_of(project, gemini_account, 50_000))

    assert findall(r'id="line-(\d+)"', html) == [str(number) for number in range(1, 51)]
    assert "The first 50 rows," in words(html)
    assert "request-00000" in words(html)


def test_what_it_calls_their_size_does_not_depend_on_the_wire(project: Project, gemini_account: GeminiAccount) -> None:
    job = job_of(project, gemini_account, 60)
    source = open_results(job)

    lines = b"".join(source.chunks(source.parts[0])).split(b"\n")

    assert beginning.beginning(job).size == sum(len(line) + 1 for line in lines[:50])


def test_of_few_rows_it_says_that_these_are_all(
    browser: Client, project: Project, gemini_account: GeminiAccount
) -> None:
    assert "All 3 rows," in words(page(browser, job_of(project, gemini_account, 3)))


def test_it_is_written_down_once_a_visit(
    browser: Client, project: Project, gemini_account: GeminiAccount, victor: User
) -> None:
    job = job_of(project, gemini_account, 3)

    page(browser, job), page(browser, job)

    assert list(AuditEntry.objects.values_list("verb", "actor", "target_id")) == [("open results", victor.pk, job.pk)]


def test_who_may_not_open_results_sees_none(browser: Client, project: Project, gemini_account: GeminiAccount) -> None:
    Project.objects.update(results_role=Role.OPERATOR)
    answer = browser.get(f"/jobs/{job_of(project, gemini_account, 3).pk}/results/first/")

    assert (answer.status_code, b"request-0" in answer.content) == (403, False)
    assert not AuditEntry.objects.exists()


def test_results_within_a_job_come_only_as_a_whole(
    browser: Client, project: Project, gemini_account: GeminiAccount
) -> None:
    job = job_of(project, gemini_account, 3, inline=True)

    assert "come only as a whole: save them." in words(page(browser, job))


def test_what_is_gone_is_said(browser: Client, project: Project, gemini_account: GeminiAccount) -> None:
    job = job_of(project, gemini_account, 3)
    gemini_account.forget(job.name)

    assert "it was deleted or has expired there." in words(page(browser, job))


def test_a_saved_job_has_its_own_page(browser: Client, project: Project, gemini_account: GeminiAccount) -> None:
    job = job_of(project, gemini_account, 3)
    save_results(job, answered("a"))

    assert browser.get(f"/jobs/{job.pk}/results/first/").headers["location"] == f"/jobs/{job.pk}/results/"


def test_an_operator_may_save_from_there(
    client_for: ClientFor, olga: User, project: Project, gemini_account: GeminiAccount
) -> None:
    job = job_of(project, gemini_account, 3)
    browser = client_for(olga)
    (place,) = findall(r'action="(/jobs/\d+/results/save/)"', page(browser, job))

    browser.post(place)

    assert Archive.objects.get().job_id == job.pk


def test_the_results_page_leads_there(browser: Client, project: Project, gemini_account: GeminiAccount) -> None:
    job = job_of(project, gemini_account, 3)

    assert f'href="/jobs/{job.pk}/results/first/"' in browser.get(f"/jobs/{job.pk}/results/").content.decode()
