"""Watching jobs in a real browser."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from playwright.sync_api import expect

from jobs import stale
from jobs.models import BatchJob, Project, User
from jobs.states import State
from tests.e2e.conftest import Look, PageFor
from tests.factories import make_job
from tests.live import wait_until

pytestmark = pytest.mark.e2e
FIRST_LETTER_LEFT_OF_SECOND = """(element) => {
  const range = document.createRange();
  const [first, second] = [0, 1].map((place) => {
    range.setStart(element.firstChild, place);
    range.setEnd(element.firstChild, place + 1);
    return range.getBoundingClientRect().x;
  });
  return first < second;
}"""


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def change(job: BatchJob, **fields: object) -> None:
    """Commit as a sync would, and announce it."""
    with transaction.atomic():
        BatchJob.objects.filter(pk=job.pk).update(**fields)
        Project.objects.filter(pk=job.project_id).update(version=stale_version(job))
    stale.announce(job.project_id, [job.pk], version=stale_version(job))


def stale_version(job: BatchJob) -> int:
    return Project.objects.get(pk=job.project_id).version + 1


def test_sign_in_find_a_job_read_it_and_come_back(page_for: PageFor, victor: User, project: Project) -> None:
    victor.set_password("correct horse battery")
    victor.save()
    make_job(project, display_name="nightly", state=State.FAILED, error_message="Out of quota.")
    make_job(project, display_name="weekly")
    page = page_for(None)

    page.goto("/")
    page.get_by_label("User").fill("victor")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Failed 1").click()
    page.get_by_role("link", name="nightly").click()
    expect(page.get_by_role("heading", name="nightly")).to_be_visible()
    expect(page.get_by_text("Out of quota.").first).to_be_visible()
    page.get_by_role("link", name="Jobs", exact=True).last.click()

    expect(page).to_have_url("/?state=failed")


def test_the_list_follows_what_is_typed_and_chosen(page_for: PageFor, victor: User, project: Project) -> None:
    make_job(project, display_name="nightly")
    make_job(project, display_name="weekly", model="gemini-pro")
    page = page_for(victor)
    page.goto("/")

    page.keyboard.press("/")
    page.keyboard.type("week")
    expect(page.get_by_role("link", name="nightly")).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page).to_have_url("/?q=week")
    page.get_by_label("Model").select_option("gemini-2.5-flash")

    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="weekly")).to_be_visible()


def test_a_committed_change_appears_without_reload(page_for: PageFor, victor: User, project: Project) -> None:
    job = make_job(project, state=State.RUNNING, display_name="nightly")
    page = page_for(victor, live="/")
    page.goto("/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()

    change(job, state=State.SUCCEEDED)

    expect(page.locator("tbody").get_by_text("Succeeded")).to_be_visible()


def test_an_open_fold_and_the_focus_survive_a_change(page_for: PageFor, victor: User, project: Project) -> None:
    job = make_job(project, state=State.RUNNING)
    page = page_for(victor, live="/")
    page.goto(f"/jobs/{job.pk}/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.get_by_text("What the provider said").click()
    page.get_by_role("link", name="Open as JSON").focus()

    change(job, state=State.FAILED, error_message="Out of quota.")

    expect(page.get_by_text("Out of quota.")).to_be_visible()
    expect(page.locator("pre")).to_be_visible()
    expect(page.get_by_role("link", name="Open as JSON")).to_be_focused()


def test_paused_pages_rest_until_resumed(page_for: PageFor, victor: User, project: Project) -> None:
    job = make_job(project, state=State.RUNNING, display_name="nightly")
    page = page_for(victor, live="/")
    page.goto("/")
    page.get_by_role("button", name="Pause").click()
    other = page_for(victor, live="/")
    other.goto("/")
    expect(other.get_by_text("Live", exact=True)).to_be_visible()

    change(job, state=State.SUCCEEDED)
    expect(other.locator("tbody").get_by_text("Succeeded")).to_be_visible()
    expect(page.locator("tbody").get_by_text("Running")).to_be_visible()
    page.get_by_role("button", name="Resume").click()

    expect(page.locator("tbody").get_by_text("Succeeded")).to_be_visible()


def test_a_lost_connection_is_told_and_mended(page_for: PageFor, victor: User, project: Project) -> None:
    job = make_job(project, state=State.RUNNING, display_name="nightly")
    page = page_for(victor, live="/", may_say="net::ERR_FAILED")
    page.goto("/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.route("**/", lambda route: route.abort())
    change(job, state=State.SUCCEEDED)
    expect(page.get_by_text("Connection lost, retrying")).to_be_visible()

    page.unroute("**/")
    change(job, state=State.FAILED)

    expect(page.locator("tbody").get_by_text("Failed")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()


def test_ten_tabs_of_one_browser_all_follow(page_for: PageFor, victor: User, project: Project) -> None:
    job = make_job(project, state=State.RUNNING, display_name="nightly")
    first = page_for(victor, live="/")
    tabs = [first, *[first.context.new_page() for _ in range(9)]]
    for tab, path in zip(
        tabs, ["/", f"/jobs/{job.pk}/", "/timeline/", "/?state=running", "/?q=nightly"] * 2, strict=True
    ):
        tab.goto(path)
    for tab in tabs:
        expect(tab.get_by_text("Live", exact=True)).to_be_visible()

    change(job, display_name="renamed")

    for tab in tabs:
        expect(tab.get_by_text("renamed").or_(tab.locator("[aria-label^=renamed]")).first).to_be_attached()


def test_new_rows_wait_while_somebody_reads_further_down(page_for: PageFor, victor: User, project: Project) -> None:
    for _ in range(40):
        make_job(project)
    page = page_for(victor, live="/")
    page.goto("/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.mouse.wheel(0, 1200)
    wait_until(lambda: bool(page.evaluate("scrollY > 250")))

    new = make_job(project, display_name="brand new")
    change(new)
    page.get_by_role("button", name="1 new job: show").click()

    expect(page.get_by_role("link", name="brand new")).to_be_in_viewport()


@pytest.mark.looks
def test_axe_finds_nothing_and_all_fits(
    page_for: PageFor, looks: Look, victor: User, project: Project, now: datetime
) -> None:
    for state in State:
        job = make_job(project, state=state, provider_state="BATCH_STATE_ODD", error_message="Odd.", labels={"a": "b"})
    make_job(project, expires_at=now + timedelta(hours=3), gone_at=now)
    page = page_for(victor)

    for path in ("/?gone=1&from=2026-11-01&state=x", "/?q=nowhere", f"/jobs/{job.pk}/"):
        looks(page, path)


@pytest.mark.looks
def test_a_hostile_name_turns_round_nothing_beside_it(page_for: PageFor, victor: User, project: Project) -> None:
    """U+2069 ends the isolation that a plain <bdi> gives."""
    job = make_job(project, model="m\u2069\u202e")
    page = page_for(victor)
    page.goto(f"/jobs/{job.pk}/")
    beside = page.locator(".page-head .muted.small")

    model, moment = beside.locator("bdi").bounding_box(), beside.locator("span").bounding_box()

    assert model and moment
    assert model["x"] + model["width"] <= moment["x"]
    assert beside.locator("time").evaluate(FIRST_LETTER_LEFT_OF_SECOND)
