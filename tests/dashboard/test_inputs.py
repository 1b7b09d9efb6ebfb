"""Attaching the input file of a job whose provider does not give the requests back."""

import contextlib
import re
from html import unescape
from http.client import HTTPConnection

import httpx
import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jobs.models import Archive, AuditEntry, BatchJob, Project, User
from tests.archives import answered, save_results
from tests.conftest import ClientFor
from tests.factories import make_job
from tests.live import Server, session_of

pytestmark = pytest.mark.usefixtures("redis_client")
INPUT = b"".join(b'{"key":"%s","request":{"contents":"Ask %s"}}\n' % (key, key) for key in (b"z", b"b", b"a"))


@pytest.fixture
def job(project: Project) -> BatchJob:
    job = make_job(project)
    save_results(job, answered("a"), answered("b"), {"response": {"candidates": []}})
    return job


@pytest.fixture
def browser(client_for: ClientFor, olga: User) -> Client:
    return client_for(olga)


def attach(browser: Client, job: BatchJob, content: bytes) -> int:
    file = SimpleUploadedFile("input.jsonl", content)
    return browser.post(f"/jobs/{job.pk}/results/input/", {"file": file}).status_code


def kept_files(job: BatchJob) -> set[str]:
    return set(storages["results"].listdir(str(job.project_id))[1])


def words(browser: Client, job: BatchJob, rest: str = "") -> str:
    html = browser.get(f"/jobs/{job.pk}/results/{rest}").content.decode()
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def test_each_row_finds_its_request_by_key_else_by_line(browser: Client, job: BatchJob) -> None:
    assert attach(browser, job, INPUT) == 302

    assert "Request from the attached file user Ask a" in words(browser, job, "1/")
    assert "user Ask b" in words(browser, job, "2/")
    assert "user Ask a" in words(browser, job, "3/")  # without a key: the third line
    archive = Archive.objects.get()
    assert (archive.input_lines, archive.input_size) == (3, len(INPUT))
    assert AuditEntry.objects.filter(verb="attach input", actor_name="olga").count() == 1


def test_the_input_of_another_job_is_refused_and_not_kept(browser: Client, job: BatchJob) -> None:
    archive = Archive.objects.get()
    other = make_job(job.project)
    Archive.objects.filter(pk=archive.pk).update(job=other)
    save_results(job, answered("q"))

    before = kept_files(job)

    assert attach(browser, job, INPUT) == 422

    assert kept_files(job) == before
    assert Archive.objects.get(job=job).input_file == ""
    assert not AuditEntry.objects.filter(verb="attach input").exists()


def test_another_file_replaces_it_and_it_can_be_forgotten(browser: Client, job: BatchJob) -> None:
    attach(browser, job, INPUT)
    first = Archive.objects.get().input_file
    attach(browser, job, INPUT)

    second = Archive.objects.get().input_file
    assert not storages["results"].exists(first) and storages["results"].exists(second)
    browser.post(f"/jobs/{job.pk}/results/input/forget/")

    assert Archive.objects.get().input_file == ""
    assert not storages["results"].exists(second)
    assert "Input unknown." in words(browser, job, "1/")


def test_an_upload_without_the_form_s_token_is_refused(olga: User, job: BatchJob) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(olga, backend=settings.AUTHENTICATION_BACKENDS[0])

    assert attach(browser, job, INPUT) == 403
    assert Archive.objects.get().input_file == ""


@pytest.mark.django_db(transaction=True)
class TestOverTheWire:
    """The real server: files larger than any other form takes, and who may send one, before it is sent."""

    def send(self, server: Server, user: User | None, job: BatchJob, size: int) -> httpx.Response:
        cookies = {settings.SESSION_COOKIE_NAME: session_of(user)} if user else {}
        with httpx.Client(base_url=server.url, cookies=cookies, timeout=60) as http:
            token = http.get("/accounts/login/" if user is None else f"/jobs/{job.pk}/results/input/").text
            found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', token)
            line = b'{"key":"a","request":{"contents":"%s"}}\n' % (b"x" * 1000)
            content = line * (size // len(line) + 1)
            return http.post(
                f"/jobs/{job.pk}/results/input/",
                files={"file": ("input.jsonl", content)},
                data={"csrfmiddlewaretoken": found[1] if found else ""},
            )

    def test_takes_more_than_the_door_lets_in(self, olga: User, job: BatchJob) -> None:
        from dashboard.asgi import application

        with Server(application) as server:
            answer = self.send(server, olga, job, 3_000_000)

        assert (answer.status_code, answer.headers["location"]) == (302, f"/jobs/{job.pk}/results/")
        assert (Archive.objects.get().input_size or 0) > 3_000_000

    def test_viewers_and_strangers_are_refused_before_they_send(
        self, victor: User, stranger: User, job: BatchJob
    ) -> None:
        from dashboard.asgi import application

        with Server(application) as server:
            answers = [self.send(server, user, job, 1000).status_code for user in (victor, stranger, None)]

        assert answers == [403, 403, 403]
        assert Archive.objects.get().input_file == ""

    def test_a_file_that_says_it_is_too_large_is_refused_at_once(self, olga: User, job: BatchJob) -> None:
        from dashboard.asgi import application

        with (
            Server(application) as server,
            contextlib.closing(HTTPConnection(server.url.removeprefix("http://"), timeout=60)) as wire,
        ):
            wire.putrequest("POST", f"/jobs/{job.pk}/results/input/")
            wire.putheader("Cookie", f"{settings.SESSION_COOKIE_NAME}={session_of(olga)}")
            wire.putheader("Content-Length", "2100000000")
            wire.endheaders(b"only the beginning")

            assert wire.getresponse().status == 413
