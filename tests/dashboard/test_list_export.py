"""The filtered list as a file, on a real server."""

import csv
import io
import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from django.conf import settings

from dashboard import downloads
from jobs import exporting
from jobs.filters import JobFilter
from jobs.models import AuditEntry, BatchJob, Project, User
from jobs.states import State
from tests.conftest import AT, MakeProject
from tests.factories import make_job
from tests.live import Server, session_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_client")]
Fetch = Callable[[User | None, str], httpx.Response]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(downloads.application) as running:
        yield running


@pytest.fixture
def fetch(server: Server) -> Fetch:
    """``fetch(user, "jobs.csv?state=failed")``."""

    def fetch(user: User | None, file: str) -> httpx.Response:
        cookies = {settings.SESSION_COOKIE_NAME: session_of(user)} if user else {}
        return httpx.get(f"{server.url}/download/{file}", cookies=cookies, timeout=60)

    return fetch


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_file_holds_what_the_filter_lets_in_from_all_pages(
    fetch: Fetch, victor: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    for number in range(5):
        make_job(project, state=State.FAILED, display_name=f"job {number}", requests_total=number)
    make_job(project)

    found = table(fetch(victor, "jobs.csv?state=failed&sort=requests&after=1_1"))

    assert [row["display_name"] for row in found] == ["job 4", "job 3", "job 2", "job 1", "job 0"]


def test_jobs_of_other_projects_are_in_no_file(
    fetch: Fetch, victor: User, stranger: User, project: Project, make_project: MakeProject
) -> None:
    make_job(project, display_name="ours")
    hidden = make_project()
    make_job(hidden, display_name="theirs")

    assert [row["display_name"] for row in table(fetch(victor, f"jobs.csv?project={hidden.pk}"))] == []
    assert [row["display_name"] for row in table(fetch(victor, "jobs.csv"))] == ["ours"]
    assert table(fetch(stranger, "jobs.csv")) == []


def test_json_lines_have_the_shape_of_list_jobs(fetch: Fetch, victor: User, project: Project) -> None:
    job = make_job(project, display_name="nightly\n\u2028", error_code=3, error_message="Odd.")

    answer = fetch(victor, "jobs.jsonl")

    (line,) = answer.content.splitlines()
    found = json.loads(line)
    assert found == exporting.as_dict(BatchJob.objects.get(pk=job.pk))
    assert (found["display_name"], found["error"]) == ("nightly\n\u2028", {"code": 3, "message": "Odd."})


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"])
def test_no_cell_is_taken_for_a_formula(fetch: Fetch, victor: User, project: Project, name: str) -> None:
    make_job(project, display_name=name)

    assert table(fetch(victor, "jobs.csv"))[0]["display_name"] == f"'{name}"


def test_who_took_what_is_written_down(fetch: Fetch, victor: User, project: Project) -> None:
    fetch(victor, "jobs.csv?state=failed")

    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor) == ("export jobs", victor)
    assert entry.detail == {"filter": "state=failed", "file": "jobs.csv"}


def test_nobody_is_sent_to_sign_in(fetch: Fetch, project: Project) -> None:
    answer = fetch(None, "jobs.csv?state=failed")

    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (302, "/accounts/login/")
    assert not AuditEntry.objects.exists()


def test_a_right_lost_midway_ends_what_it_showed(
    victor: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    for _ in range(2):
        make_job(project)
    jobs = exporting.each(lambda: BatchJob.objects.visible_to(victor), JobFilter(), at=AT)
    next(jobs)

    victor.memberships.all().delete()

    assert list(jobs) == []
