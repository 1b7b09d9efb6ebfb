"""The results of one job, all rows and one row."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from jobs.models import Archive, ArchiveStatus, AuditEntry, BatchJob, Project, User
from tests.archives import answered, failed, save_results
from tests.conftest import ClientFor
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]
LINES: list[bytes | dict[str, Any]] = [
    answered("a"),
    failed("b"),
    answered("c", "Cut", finish="MAX_TOKENS"),
    failed("d", "Out of quota."),
    {"key": "e", "response": {"promptFeedback": {"blockReason": "SAFETY"}}},
    failed("f"),
    b"{broken",
]
Read = Callable[..., str]


@pytest.fixture
def noon(at: datetime) -> Iterator[None]:
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def job(project: Project) -> BatchJob:
    return make_job(project, display_name="nightly", requests_total=7)


@pytest.fixture
def browser(client_for: ClientFor, victor: User) -> Client:
    return client_for(victor)


@pytest.fixture
def page(browser: Client, job: BatchJob) -> Read:
    """``page("?outcome=failed")``: what victor reads of the job's results, as HTML."""

    def page(rest: str = "") -> str:
        answer = browser.get(f"/jobs/{job.pk}/results/{rest}")
        assert answer.status_code == 200
        return answer.content.decode()

    return page


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def lines_of(html: str) -> list[int]:
    return [int(line) for line in re.findall(r'<tr id="line-(\d+)"', html)]


def test_counts_every_row_once_and_draws_them(page: Read, job: BatchJob) -> None:
    save_results(job, *LINES)

    html = page()

    assert 'aria-label="Rows: 1 OK, 1 truncated, 1 blocked, 3 failed, 1 broken"' in html
    assert "All 7 OK 1 Failed 3 Truncated 1 Blocked 1 Broken 1" in words(html)
    assert "Rows 7 Prompt tokens 20 Output tokens 10 Cost no price" in words(html)
    assert lines_of(html) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("?outcome=failed", [2, 4, 6]),
        ("?outcome=truncated", [3]),
        ("?outcome=blocked", [5]),
        ("?outcome=broken", [7]),
        ("?outcome=ok", [1]),
        ("?outcome=invalid", []),
        ("?q=quota", [4]),
        ("?q=IMAGE&outcome=failed", [2, 6]),
        ("?outcome=failed&after=2", [4, 6]),
        ("?outcome=nonsense&after=-1", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_filters_rows(page: Read, job: BatchJob, query: str, lines: list[int]) -> None:
    save_results(job, *LINES)

    assert lines_of(page(query)) == lines


def test_error_groups_have_numbers_an_example_and_their_rows(page: Read, job: BatchJob) -> None:
    save_results(job, *LINES)

    html = page()
    link = re.search(r'href="([^"]*)"\s*>3: Image too large', html)

    assert "3: Image too large. 2 line 2" in words(html)
    assert link
    assert lines_of(page(link[1].rpartition("/")[2])) == [2, 6]


def test_pages_are_fifty_rows(page: Read, job: BatchJob) -> None:
    save_results(job, *[answered(f"k{number}") for number in range(120)])

    first, last = page(), page("?after=100")

    assert (lines_of(first)[-1], len(lines_of(first))) == (50, 50)
    assert re.search(rf'href="/jobs/{job.pk}/results/\?after=50"\s+rel="next"', first)
    assert (len(lines_of(last)), 'rel="next"' in last) == (20, False)


def test_what_does_not_fit_together_is_said(page: Read, job: BatchJob) -> None:
    save_results(job, answered("a"), answered("a"), {"response": {}})

    text = words(page())

    assert "1 row without a key" in text
    assert "1 row whose key came before." in text
    assert "The job counts 7 requests, its results have 3 rows." in text


def test_nothing_that_matches_says_so(page: Read, job: BatchJob) -> None:
    save_results(job, *LINES)

    assert "No row matches Of 7 rows none is failed and holds “zzz”. Show all rows" in words(
        page("?outcome=failed&q=zzz")
    )


@pytest.mark.parametrize(
    ("status", "fields", "said"),
    [
        (ArchiveStatus.WAITING, {}, "Waiting to be saved A worker saves them within moments."),
        (ArchiveStatus.SAVING, {"attempts": 2}, "Being saved The results are being read from the provider. Attempt 2."),
        (ArchiveStatus.REFUSED, {"error": "The bucket is closed."}, "Saving needs a hand The bucket is closed."),
        (
            ArchiveStatus.LOST,
            {"error": "The file is gone."},
            "The results are lost The file is gone. The job's counts, times and errors are kept; its rows are not.",
        ),
    ],
)
def test_each_way_of_not_being_saved_is_told(
    page: Read, job: BatchJob, at: datetime, status: ArchiveStatus, fields: dict[str, Any], said: str
) -> None:
    Archive.objects.create(job=job, status=status, wanted_at=at, next_attempt_at=at, **fields)

    assert said in words(page())


def test_results_only_at_the_provider_tell_when_they_go(page: Read, job: BatchJob, at: datetime) -> None:
    BatchJob.objects.filter(pk=job.pk).update(results_state="waiting", expires_at=at + timedelta(hours=5))

    text = words(page())

    assert "results expire in 5 h" in text
    assert "The provider drops them in 5 h, at 2026-11-22 17:00:00 UTC." in text
    assert "Operators and admins of the project may save them." in text


def test_an_operator_may_save_them_now(client_for: ClientFor, olga: User, job: BatchJob) -> None:
    BatchJob.objects.filter(pk=job.pk).update(results_state="waiting")
    browser = client_for(olga)

    assert "Save now" in browser.get(f"/jobs/{job.pk}/results/").content.decode()
    answer = browser.post(f"/jobs/{job.pk}/results/save/")

    assert (answer.status_code, answer["Location"]) == (302, f"/jobs/{job.pk}/results/")
    assert Archive.objects.get().status == ArchiveStatus.WAITING


def test_a_job_without_results_says_so(page: Read, job: BatchJob) -> None:
    assert "No results This job ended without results" in words(page())


def test_who_may_not_open_them_reads_who_may(browser: Client, project: Project, job: BatchJob) -> None:
    save_results(job, *LINES)
    Project.objects.filter(pk=project.pk).update(results_role="operator")

    answers = [browser.get(f"/jobs/{job.pk}/results/{rest}") for rest in ("", "2/", "2/line/")]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert "results may be opened by operators and admins." in words(answers[0].content.decode())
    assert not AuditEntry.objects.exists()


def test_opening_them_is_written_down_once_a_visit(page: Read, browser: Client, job: BatchJob) -> None:
    save_results(job, *LINES)

    page()
    page("2/")
    browser.get(f"/jobs/{job.pk}/results/", headers={"HX-Request": "true"})

    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor_name, entry.target_id) == ("open results", "victor", job.pk)


def test_a_fragment_is_the_same_without_the_page_around(browser: Client, job: BatchJob) -> None:
    save_results(job, *LINES)

    html = browser.get(f"/jobs/{job.pk}/results/?outcome=failed", headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in html
    assert lines_of(html) == [2, 4, 6]


def test_a_row_shows_its_answer_its_size_and_its_neighbours(page: Read, job: BatchJob) -> None:
    save_results(job, *LINES)

    html = page("4/?outcome=failed")

    assert "Error 3 · Out of quota." in words(html)
    assert f'href="/jobs/{job.pk}/results/2/?outcome=failed" rel="prev"' in html
    assert f'href="/jobs/{job.pk}/results/6/?outcome=failed" rel="next"' in html
    assert "Input unknown." in html


def test_a_row_that_is_not_there_is_not_found(browser: Client, job: BatchJob) -> None:
    save_results(job, *LINES)

    assert browser.get(f"/jobs/{job.pk}/results/8/").status_code == 404
    assert browser.get(f"/jobs/{job.pk}/results/8/line/").status_code == 404


def test_an_echoed_request_stands_beside_the_response(page: Read, job: BatchJob) -> None:
    save_results(job, answered("a") | {"request": {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]}})

    text = words(page("1/"))

    assert "Request as the provider gives it back user Why? Response" in text
    assert "Input unknown" not in text


def test_an_embedding_is_a_picture_and_two_numbers(page: Read, job: BatchJob) -> None:
    save_results(job, {"key": "e", "response": {"embedding": {"values": [0.6, -0.8, *[0.0] * 1022]}}})

    table, row = words(page()), page("1/")

    assert "Embedding of 1,024 numbers · norm 1" in table
    assert "Dimension 1,024 Norm 1 Least -0.8 Greatest 0.6" in words(row)
    assert 'aria-label="1,024 numbers from -0.8 to 0.6"' in row
    assert row.count("0.0,") == 0


def test_markup_and_hidden_signs_of_a_model_stay_text(page: Read, job: BatchJob) -> None:
    save_results(job, answered("<b>k\u202e", "<script>alert(1)</script>\u202e\x07\u2066"))

    for html in (page(), page("1/")):
        assert "<script>alert" not in html and "<b>k" not in html
        assert "\u202e" not in html and "\x07" not in html
        assert '&lt;script&gt;alert(1)&lt;/script&gt;<span class="sign">U+202E</span>' in html


def test_a_line_of_20_mb_shows_its_beginning(page: Read, browser: Client, job: BatchJob) -> None:
    line = b'{"key":"k","response":"' + b"a" * 20_000_000 + b'"}'
    save_results(job, line)

    html = page("1/")

    assert len(html) < 200_000
    assert "more characters. The line as it came has them all." in html
    assert browser.get(f"/jobs/{job.pk}/results/1/line/").getvalue() == line + b"\n"


def test_a_line_as_it_came_is_a_file_no_browser_interprets(browser: Client, job: BatchJob) -> None:
    save_results(job, b'{"key": "<html>" }')

    answer = browser.get(f"/jobs/{job.pk}/results/1/line/")

    assert answer["Content-Disposition"] == f'attachment; filename="job-{job.pk}-line-1.json"'
    assert answer["Content-Type"] == "application/octet-stream"


def test_missing_files_are_said_not_a_broken_page(browser: Client, job: BatchJob) -> None:
    archive = save_results(job, *LINES)
    Archive.objects.filter(pk=archive.pk).update(index_file="gone.sqlite3")

    answer = browser.get(f"/jobs/{job.pk}/results/")

    assert answer.status_code == 200
    assert "The rows cannot be shown gone.sqlite3" in words(answer.content.decode())
