"""Reading results in a real browser."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from jobs.credentials import Credential
from jobs.models import Archive, ArchiveStatus, BatchJob, Project, User
from jobs.results import beginning
from jobs.simulator.accounts import GeminiAccount
from jobs.states import State
from tests.archives import answered, failed, save_results
from tests.e2e.conftest import NARROW, Check, Look, PageFor
from tests.factories import make_job

pytestmark = pytest.mark.e2e
HOSTILE = '<img src=x onerror="document.title=1">\u202e\u2066\x07\x1b[31m=HYPERLINK("x")'


def embedding(key: str) -> dict[str, Any]:
    return {"key": key, "response": {"embedding": {"values": [((n * 37) % 101 - 50) / 1000 for n in range(3072)]}}}


@pytest.fixture
def job(project: Project) -> BatchJob:
    job = make_job(project, display_name="nightly", state=State.PARTIAL, requests_total=120)
    lines = [failed(f"k{n}") if n % 10 == 3 else answered(f"k{n}", f"Answer {n}.") for n in range(118)]
    save_results(job, *lines, answered("long", "a" * 20_000_000), answered("hostile", HOSTILE))
    return job


def test_from_a_partial_job_to_a_failed_row_and_its_csv(
    page_for: PageFor, victor: User, job: BatchJob, tmp_path: Path
) -> None:
    page = page_for(victor)
    page.goto("/")
    page.get_by_role("link", name="nightly").click()
    page.get_by_role("link", name="Failed 12").click()
    expect(page.locator("tbody tr[id^=line]")).to_have_count(12)
    page.get_by_role("link", name="14", exact=True).click()

    expect(page.get_by_role("heading", name="Line 14 of nightly")).to_be_visible()
    expect(page.get_by_text("3 · Image too large.")).to_be_visible()
    page.get_by_role("link", name="Next ›").click()
    expect(page.get_by_role("heading", name="Line 24 of nightly")).to_be_visible()
    page.get_by_role("link", name="results", exact=True).click()
    expect(page).to_have_url(f"/jobs/{job.pk}/results/?outcome=failed")
    with page.expect_download() as csv:
        page.get_by_role("link", name="CSV for spreadsheets").click()
    with page.expect_download() as original:
        page.get_by_role("link", name="Original, JSONL").click()

    rows = Path(csv.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert rows[0].startswith("line,key,outcome")
    assert sum(",failed," in row for row in rows) == 12
    whole = hashlib.sha256(Path(original.value.path()).read_bytes()).hexdigest()
    assert whole == Archive.objects.get().sha256


def test_what_is_typed_filters_rows_and_stays_in_the_address(page_for: PageFor, victor: User, job: BatchJob) -> None:
    page = page_for(victor)
    page.goto(f"/jobs/{job.pk}/results/")

    page.keyboard.press("/")
    page.keyboard.type("answer 11")
    expect(page.locator("tbody tr[id^=line]")).to_have_count(8)  # 11, and 110 to 117 but for 113, which failed
    expect(page.get_by_role("searchbox")).to_be_focused()

    expect(page).to_have_url(re.compile(r"/results/\?q=answer(\+|%20)11$"))


def test_markup_controls_and_endless_lines_of_a_model_harm_no_page(
    page_for: PageFor, victor: User, job: BatchJob
) -> None:
    page = page_for(victor)

    page.goto(f"/jobs/{job.pk}/results/?q=hyperlink")
    expect(page.locator(".preview .sign").first).to_have_text("U+202E")
    page.goto(f"/jobs/{job.pk}/results/120/")
    expect(page.locator("pre.text")).to_contain_text(
        '<img src=x onerror="document.title=1">U+202EU+2066U+0007U+001B[31m'
    )
    expect(page).to_have_title("Line 120 of nightly · Batchboard")
    page.goto(f"/jobs/{job.pk}/results/119/")

    expect(page.get_by_text("more characters. The line as it came has them all.").first).to_be_visible()


def test_an_operator_attaches_the_input_file(page_for: PageFor, olga: User, job: BatchJob, tmp_path: Path) -> None:
    file = tmp_path / "input.jsonl"
    file.write_bytes(b"".join(b'{"key":"k%d","request":{"contents":"Ask %d"}}\n' % (n, n) for n in range(200)))
    page = page_for(olga)
    page.goto(f"/jobs/{job.pk}/results/5/")

    page.get_by_role("link", name="Attach the input file…").click()
    page.get_by_label("Input file (JSONL)").set_input_files(file)
    page.get_by_role("button", name="Attach").click()
    expect(page.get_by_text("Attached 200 lines: rows now show their request.")).to_be_visible()
    page.goto(f"/jobs/{job.pk}/results/5/")

    expect(page.get_by_text("Ask 4")).to_be_visible()


@pytest.mark.looks
def test_axe_finds_nothing_and_all_fits(
    page_for: PageFor, looks: Look, superuser: User, job: BatchJob, project: Project
) -> None:
    now = datetime.now(UTC)
    vectors, waits, lost = make_job(project), make_job(project), make_job(project, results_state="lost")
    save_results(vectors, embedding("e"))
    BatchJob.objects.filter(pk=waits.pk).update(results_state="waiting", expires_at=now + timedelta(hours=5))
    Archive.objects.create(job=lost, status=ArchiveStatus.LOST, wanted_at=now, next_attempt_at=now, error="Gone.")
    page = page_for(superuser)

    own = [f"/jobs/{job.pk}/results/{rest}" for rest in ("", "?q=nowhere", "14/", "120/", "input/")]
    others = [f"/jobs/{each.pk}/results/" for each in (vectors, waits, lost)]
    settings = ["/prices/", "/prices/add/", f"/projects/{project.pk}/", f"/projects/{project.pk}/switches/", "/"]
    for path in (*own, *others, f"{others[0]}1/", f"/jobs/{job.pk}/", *settings):
        looks(page, path)


@pytest.fixture
def unsaved(
    project: Project, gemini_account: GeminiAccount, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> BatchJob:
    """900 rows at the provider; a busy machine is no slow provider."""
    monkeypatch.setattr(beginning, "PATIENCE", 120.0)
    project.base_url = base_url
    project.set_credential(Credential("api_key", gemini_account.key), at=datetime.now(UTC))
    project.save()
    remote = gemini_account.add_job(requests=900, queue_seconds=0, run_seconds=0)
    return make_job(project, name=remote.name, output=remote.output_name, results_state="waiting")


def test_an_operator_looks_at_the_first_rows_and_saves_all(
    page_for: PageFor, axe: Check, olga: User, unsaved: BatchJob
) -> None:
    page = page_for(olga, viewport=NARROW)
    page.goto(f"/jobs/{unsaved.pk}/results/")
    page.get_by_role("link", name="Look at the first rows").click()

    expect(page.locator("tbody tr[id^=line]")).to_have_count(50)
    axe(page)
    page.emulate_media(color_scheme="dark")
    axe(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_role("button", name="Save now").click()

    expect(page.get_by_text("The results are being saved; this page follows.")).to_be_visible()
    assert Archive.objects.get().job_id == unsaved.pk
