"""Downloads, on a real server: which bytes come, in what pieces."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from jobs.credentials import Credential
from jobs.models import AuditEntry, BatchJob, Project
from jobs.simulator.accounts import GeminiAccount
from tests.dashboard.conftest import Browser
from tests.factories import make_job
from tests.results.lines import encoded, gemini
from tests.results.saved import save

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_client")]
MakeProject = Callable[..., Project]
FAILED = encoded({"key": "r2", "error": {"code": 3, "message": "Too large"}})
CONTENT = gemini("r1") + b"\r\n" + FAILED + b"\n" + "ä".encode() * 100


@pytest.fixture
def job(project: Project) -> BatchJob:
    """Saved, in one part."""
    job = make_job(project, display_name='Nightly "α"')
    save(job, CONTENT)
    return job


@pytest.fixture
def unsaved(make_project: MakeProject, gemini_account: GeminiAccount, base_url: str) -> BatchJob:
    """400 lines at the provider."""
    project = make_project(base_url=base_url, credential=Credential("api_key", gemini_account.key))
    remote = gemini_account.add_job(requests=400, failed=5, queue_seconds=0, run_seconds=0)
    return make_job(project, name=remote.name, output=remote.output_name)


def test_the_original_comes_byte_for_byte(browser: Browser, job: BatchJob) -> None:
    answer = browser.get(f"jobs/{job.pk}/results.jsonl")

    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["etag"] == f'"{job.archive.sha256}"'
    assert answer.headers["content-type"] == "application/jsonl"
    short = f"{job.short_id[-8:]}"
    assert answer.headers["content-disposition"] == f"attachment; filename*=utf-8''Nightly-%CE%B1-{short}.jsonl"


def test_it_is_shown_to_nobody_and_run_by_no_browser(browser: Browser, job: BatchJob) -> None:
    headers = browser.get(f"jobs/{job.pk}/results.jsonl").headers

    assert headers["cache-control"] == "private, no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-4", 0, 5), ("bytes=5-", 5, None), ("bytes=-7", -7, None), ("bytes=3-99999999", 3, None)],
)
def test_a_range_of_the_original(browser: Browser, job: BatchJob, asked: str, start: int, end: int | None) -> None:
    answer = browser.get(f"jobs/{job.pk}/results.jsonl", Range=asked)

    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    first = start % len(CONTENT)
    last = first + len(answer.content) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(CONTENT)}"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=a-b",
        "bytes=",
        "bytes=-",
        "lines=0-1",
        "bytes=5-2",
        "bytes=0-1,3-4",
        "bytes=" + "9" * 30 + "-",
    ],
)
def test_a_range_that_is_none_gets_the_whole(browser: Browser, job: BatchJob, asked: str) -> None:
    answer = browser.get(f"jobs/{job.pk}/results.jsonl", Range=asked)

    assert (answer.status_code, answer.content) == (200, CONTENT)


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(browser: Browser, job: BatchJob, asked: str) -> None:
    answer = browser.get(f"jobs/{job.pk}/results.jsonl", Range=asked)

    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(CONTENT)}")
    assert answer.text == f"The file has {len(CONTENT)} bytes: ask for some of those."


@pytest.mark.parametrize(
    ("condition", "status"), [("same", 206), ('"other"', 200), ("Sun, 22 Nov 2026 12:00:00 GMT", 200)]
)
def test_a_download_is_resumed_only_in_the_same_file(
    browser: Browser, job: BatchJob, condition: str, status: int
) -> None:
    etag = f'"{job.archive.sha256}"' if condition == "same" else condition

    assert browser.get(f"jobs/{job.pk}/results.jsonl", Range="bytes=1-", If_Range=etag).status_code == status


def test_head_tells_without_sending(browser: Browser, job: BatchJob) -> None:
    answer = browser.get(f"jobs/{job.pk}/results.jsonl", "HEAD", Range="bytes=0-1")

    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", str(len(CONTENT)))
    assert not AuditEntry.objects.exists()


def test_parts_come_alone_or_joined(browser: Browser, project: Project) -> None:
    job = make_job(project)
    save(job, b'{"a":1}\n', b"", b'{"b":2}')
    path = f"jobs/{job.pk}/results.jsonl"

    assert browser.get(path).content == b'{"a":1}\n{"b":2}'
    assert [browser.get(f"{path}?part={part}").content for part in (1, 2, 3)] == [b'{"a":1}\n', b"", b'{"b":2}']
    assert browser.get(f"{path}?part=3", Range="bytes=1-3").content == b'"b"'


@pytest.mark.parametrize("part", ["0", "2", "-1", "x", "", "1e9", "²", "9" * 30])
def test_a_part_that_is_none_is_not_found(browser: Browser, job: BatchJob, part: str) -> None:
    answer = browser.get(f"jobs/{job.pk}/results.jsonl?part={part}")

    assert (answer.status_code, answer.text) == (404, "These results have 1 part: ask for one of them.")


def test_other_forms(browser: Browser, job: BatchJob) -> None:
    csv = browser.get(f"jobs/{job.pk}/results.csv")
    failed = browser.get(f"jobs/{job.pk}/failed.jsonl")

    assert (csv.headers["content-type"], csv.text.count("\r\n")) == ("text/csv; charset=utf-8", 4)
    assert failed.content == FAILED + b"\n" + "ä".encode() * 100 + b"\n"
    assert "content-length" not in failed.headers


def test_requests_beside_responses_where_they_are_known(browser: Browser, project: Project) -> None:
    known, unknown = make_job(project), make_job(project)
    save(known, gemini("r1"), inputs=encoded({"key": "r1", "request": {"n": 1}}))
    save(unknown, gemini("r1"))

    answer = browser.get(f"jobs/{known.pk}/merged.jsonl")
    refused = browser.get(f"jobs/{unknown.pk}/merged.jsonl")

    assert json.loads(answer.content)["request"] == {"n": 1}
    assert refused.status_code == 404
    assert refused.text.startswith("The requests of this job are not known: attach its input file")


def test_several_jobs_as_a_zip(browser: Browser, project: Project) -> None:
    jobs = [make_job(project) for _ in range(3)]
    for number, each in enumerate(jobs[:2]):
        save(each, b"%d\n" % number)

    answer = browser.get("results.zip?unpacked=1&" + "&".join(f"job={each.pk}" for each in jobs))

    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert [found.read(name) for name in found.namelist()[1:]] == [b"0\n", b"1\n"]
    assert AuditEntry.objects.filter(verb="download results").count() == 2


@pytest.mark.parametrize("query", ["", "?job=", "?job=x", "?job=-1", "?job=99999999", "?job=" + "9" * 30])
def test_a_zip_of_nothing_is_not_found(browser: Browser, query: str) -> None:
    assert browser.get(f"results.zip{query}").status_code == 404


# From the provider


def test_what_is_not_saved_comes_from_the_provider(browser: Browser, unsaved: BatchJob) -> None:
    whole = browser.get(f"jobs/{unsaved.pk}/results.jsonl")
    part = browser.get(f"jobs/{unsaved.pk}/results.jsonl", Range="bytes=100-199")
    failed = browser.get(f"jobs/{unsaved.pk}/failed.jsonl")

    assert (whole.status_code, len(whole.content.splitlines()), len(failed.content.splitlines())) == (200, 400, 5)
    assert whole.headers["content-length"] == str(len(whole.content))
    assert (part.status_code, part.content) == (206, whole.content[100:200])


def test_a_cut_connection_is_read_on(browser: Browser, unsaved: BatchJob, gemini_account: GeminiAccount) -> None:
    whole = browser.get(f"jobs/{unsaved.pk}/results.jsonl").content
    gemini_account.faults.truncate(times=1, path=":download")

    assert browser.get(f"jobs/{unsaved.pk}/results.jsonl").content == whole


def test_what_the_provider_dropped_is_gone(browser: Browser, unsaved: BatchJob, gemini_account: GeminiAccount) -> None:
    gemini_account.forget(unsaved.name)

    answer = browser.get(f"jobs/{unsaved.pk}/results.jsonl")

    assert (answer.status_code, "deleted or has expired" in answer.text) == (410, True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "running"}, "The job has not finished, so there is nothing to download yet."),
        ({"gone_at": "2026-11-22T12:00Z"}, "The results were not saved before the provider dropped them"),
    ],
)
def test_what_is_not_there_says_why(browser: Browser, project: Project, fields: dict[str, Any], words: str) -> None:
    answer = browser.get(f"jobs/{make_job(project, **fields).pk}/results.jsonl")

    assert (answer.status_code, answer.text.startswith(words)) == (404, True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "jobs/1/results.jsonl", 405),
        ("DELETE", "results.zip", 405),
        ("GET", "", 404),
        ("GET", "jobs/1/results.exe", 404),
        ("GET", "jobs/1/results.jsonl/", 404),
        ("GET", "jobs/../1/results.jsonl", 404),
        ("GET", "jobs/%31/results.jsonl", 404),
        ("GET", "results.zip?" + "job=1&" * 5000, 414),
    ],
)
def test_refuses_the_rest(browser: Browser, method: str, path: str, status: int) -> None:
    answer = browser.get(path, method)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert answer.text.endswith(".")
