"""How far saving is, on the pages of the job."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.test import Client

from jobs import stale
from jobs.models import Archive, ArchiveStatus, BatchJob, Project, User
from jobs.results.progress import Progress, Telling, progress_of
from tests.conftest import ClientFor
from tests.factories import make_job

pytestmark = pytest.mark.usefixtures("redis_client")


@pytest.fixture
def job(project: Project, at: datetime) -> BatchJob:
    """Being saved."""
    job = make_job(project, results_state="waiting")
    Archive.objects.create(job=job, status=ArchiveStatus.SAVING, wanted_at=at, next_attempt_at=at, attempts=1)
    return job


@pytest.fixture
def browser(client_for: ClientFor, olga: User) -> Client:
    return client_for(olga)


def clock(at: datetime) -> Callable[[], datetime]:
    """A second later each time it is looked at."""
    moments = (at + timedelta(seconds=number) for number in range(1000))
    return lambda: next(moments)


def read(job: BatchJob, at: datetime, *, size: int | None = 3_000_000) -> None:
    """A worker has read 1.26 MB, in three pieces."""
    told = Telling(job, size, clock(at))
    for _ in range(3):
        told.tick(420_000)


def page(browser: Client, job: BatchJob, rest: str = "") -> str:
    answer = browser.get(f"/jobs/{job.pk}/{rest}", headers={"hx-request": "true"})
    return answer.content.decode().replace("\xa0", " ")


@pytest.mark.parametrize("rest", ["", "results/"])
def test_pages_say_how_much_has_come(browser: Client, job: BatchJob, at: datetime, rest: str) -> None:
    read(job, at)

    assert "Being saved, 28 %" in page(browser, job, rest)
    assert "840 KB of 3.0 MB have been read from the provider." in page(browser, job, rest)


def test_without_a_size_they_say_what_has_come(browser: Client, job: BatchJob, at: datetime) -> None:
    read(job, at, size=None)

    assert "840 KB have been read from the provider." in page(browser, job, "results/")


def test_an_open_page_of_the_job_gets_what_is_new(browser: Client, job: BatchJob, at: datetime) -> None:
    before = browser.get(f"/jobs/{job.pk}/", headers={"hx-request": "true"})
    read(job, at)

    known = {"hx-request": "true", "if-none-match": before.headers["etag"]}
    after = browser.get(f"/jobs/{job.pk}/", headers=known)

    assert (after.status_code, b"saving, 28 %" in after.content) == (200, True)


def test_it_is_told_every_other_second(job: BatchJob, at: datetime, redis_client: "redis.Redis") -> None:
    with redis_client.pubsub() as feed:  # type: ignore[no-untyped-call]
        feed.subscribe(stale.channel(settings.REDIS_URL))
        feed.get_message(timeout=5)
        told = Telling(job, 100, clock(at))
        for _ in range(9):
            told.tick(10)

        heard = [feed.get_message(timeout=5) for _ in range(4)]
        assert [each["type"] for each in heard if each] == ["message"] * 4
        assert feed.get_message() is None


def test_a_new_attempt_begins_anew(job: BatchJob, at: datetime) -> None:
    read(job, at)

    Telling(job, 100, lambda: at)

    assert progress_of(job) == Progress(0, 100)


def test_it_is_never_whole_before_it_is_kept() -> None:
    assert [Progress(come, 200).percent for come in (0, 1, 199, 200, 500)] == [0, 0, 99, 99, 99]
