"""Reading a stored job's results: on after a cut, at the project's pace, and leaving at once."""

from collections.abc import Callable
from typing import Any

import pytest

from jobs.credentials import Credential
from jobs.models import BatchJob, Project
from jobs.providers.base import GoneError, TransientError
from jobs.results.reading import ATTEMPTS, open_requests, open_results
from jobs.simulator.accounts import GeminiAccount, VertexAccount
from tests.factories import make_job

pytestmark = pytest.mark.django_db
DONE: dict[str, Any] = {"queue_seconds": 0, "run_seconds": 0}
MakeProject = Callable[..., Project]


@pytest.fixture
def file_job(make_project: MakeProject, gemini_account: GeminiAccount, base_url: str) -> BatchJob:
    """400 lines in a file, some 200 kB."""
    project = make_project(base_url=base_url, credential=Credential("api_key", gemini_account.key))
    remote = gemini_account.add_job(requests=400, **DONE)
    return make_job(project, name=remote.name, output=remote.output_name)


@pytest.fixture
def table_job(make_project: MakeProject, vertex_account: VertexAccount, base_url: str) -> BatchJob:
    """2,500 rows in a table, three pages."""
    place = {"cloud_project": vertex_account.cloud_project, "location": vertex_account.location}
    urls = dict.fromkeys(("base_url", "storage_url", "bigquery_url"), base_url)
    credential = Credential("access_token", vertex_account.token)
    project = make_project(provider="vertex", credential=credential, **place, **urls)
    remote = vertex_account.add_job(requests=2500, source="bigquery", **DONE)
    (_, (dataset, table)) = sorted(vertex_account.storage.tables, key=lambda key: key[1].startswith("predictions"))
    output = f"bq://{vertex_account.cloud_project}.{dataset}.{table}"
    return make_job(project, name=remote.name, output=output, source=remote.input_name)


def read(job: BatchJob, pauses: list[float] | None = None) -> bytes:
    source = open_results(job, pause=(pauses if pauses is not None else list[float]()).append)
    return b"".join(source.chunks(source.parts[0]))


@pytest.mark.parametrize("fault", ["truncate", "reset"])
def test_a_cut_connection_is_read_on_without_a_byte_twice(
    file_job: BatchJob, gemini_account: GeminiAccount, fault: str
) -> None:
    whole, pauses = read(file_job), list[float]()
    source = open_results(file_job, pause=pauses.append)
    getattr(gemini_account.faults, fault)(times=3, path=":download")

    assert b"".join(source.chunks(source.parts[0])) == whole
    assert pauses == [0.5, 1, 2]


def test_a_table_is_read_on_from_the_row_where_it_was_cut(table_job: BatchJob, vertex_account: VertexAccount) -> None:
    whole = read(table_job)
    source = open_results(table_job, pause=list[float]().append)
    chunks = source.chunks(source.parts[0])
    first = next(chunks)
    vertex_account.faults.set(status=503, times=2, path="/data")

    assert first + b"".join(chunks) == whole


def test_it_gives_up_after_some_attempts(file_job: BatchJob, gemini_account: GeminiAccount) -> None:
    pauses: list[float] = []
    source = open_results(file_job, pause=pauses.append)
    gemini_account.faults.set(status=503, path=":download")

    with pytest.raises(TransientError):
        list(source.chunks(source.parts[0]))
    assert len(pauses) == ATTEMPTS - 1


def test_it_waits_as_long_as_the_provider_asks(file_job: BatchJob, gemini_account: GeminiAccount) -> None:
    pauses: list[float] = []
    source = open_results(file_job, pause=pauses.append)
    gemini_account.faults.set(status=429, retry_info="7s", times=1, path=":download")

    list(source.chunks(source.parts[0]))

    assert pauses == [7]


def test_what_is_gone_is_not_asked_for_again(file_job: BatchJob, gemini_account: GeminiAccount) -> None:
    pauses: list[float] = []
    source = open_results(file_job, pause=pauses.append)
    gemini_account.forget(file_job.name)

    with pytest.raises(GoneError):
        list(source.chunks(source.parts[0]))
    assert pauses == []


def test_requests_of_a_table_are_known(table_job: BatchJob) -> None:
    source = open_requests(table_job)

    assert b"".join(source.chunks(source.parts[0])).count(b"\n") == 2500


def test_requests_of_an_upload_are_not(file_job: BatchJob) -> None:
    assert open_requests(file_job).parts == []


def test_leaving_ends_the_request(file_job: BatchJob) -> None:
    source = open_results(file_job)
    chunks = source.chunks(source.parts[0])
    next(chunks)

    chunks.close()

    assert list(chunks) == []
