"""The timeline in a real browser."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs.models import BatchJob, Project, User
from jobs.states import ACTIVE, State
from tests.e2e.conftest import Look, PageFor
from tests.e2e.test_jobs import change
from tests.factories import make_job

pytestmark = pytest.mark.e2e
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def lived(project: Project, now: datetime, first: float, last: float, **fields: Any) -> BatchJob:
    live = fields.get("state") in ACTIVE
    times: dict[str, Any] = {"created_at": now - first * HOUR, "started_at": now - (first - 0.5) * HOUR}
    return make_job(project, **times, ended_at=None if live else now - last * HOUR, **fields)


@pytest.fixture
def resting(page_for: PageFor, victor: User) -> Page:
    """A page that does not fetch itself anew while it is looked at."""
    return page_for(victor)


def test_a_bar_tells_its_job_and_leads_to_it(resting: Page, project: Project, now: datetime) -> None:
    lived(project, now, 4, 2, display_name="nightly")
    resting.goto("/timeline/")
    card = resting.locator("#card")
    expect(card).to_be_hidden()

    resting.locator(".bars a").hover()
    expect(card).to_contain_text("nightly")
    expect(card).to_contain_text("waited 30 min, ran 1 h 30 min")
    resting.locator(".bars a").click()

    expect(resting.get_by_role("heading", name="nightly")).to_be_visible()


def test_bars_are_walked_by_keyboard(resting: Page, project: Project, now: datetime) -> None:
    for name, hours in (("first", 9), ("second", 6), ("third", 3)):
        lived(project, now, hours, hours - 1, display_name=name)
    resting.goto("/timeline/")

    resting.get_by_role("link", name="project-1").first.focus()
    resting.keyboard.press("Tab")
    expect(resting.locator("#card")).to_contain_text("first")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        resting.keyboard.press(key)
    expect(resting.locator("#card")).to_contain_text("second")
    resting.keyboard.press("Escape")
    expect(resting.locator("#card")).to_be_hidden()
    resting.keyboard.press("Enter")

    expect(resting.get_by_role("heading", name="second")).to_be_visible()


def test_zoom_and_filter_are_in_the_address_and_the_way_back_works(
    resting: Page, project: Project, now: datetime
) -> None:
    lived(project, now, 4, 2, display_name="nightly")
    lived(project, now, 4, 3, display_name="weekly", model="gemini-pro")
    resting.goto("/timeline/")

    resting.get_by_role("link", name="6 h", exact=True).click()
    expect(resting).to_have_url("/timeline/?range=6h")
    resting.get_by_label("Model", exact=True).select_option("gemini-pro")
    expect(resting.locator(".bars a")).to_have_count(1)
    expect(resting).to_have_url("/timeline/?model=gemini-pro&range=6h")
    resting.go_back()

    expect(resting.locator(".bars a")).to_have_count(2)


def test_a_range_of_one_s_own(resting: Page, project: Project, now: datetime) -> None:
    Project.objects.update(last_success_at=now)
    lived(project, now, 4, 2)
    resting.goto("/timeline/")

    resting.get_by_text("Custom…").click()
    resting.get_by_label("From (UTC)").fill("2026-01-01T00:00")
    resting.get_by_label("To (UTC)").fill("2026-01-02T00:00")
    resting.get_by_role("button", name="Show").click()

    expect(resting.get_by_role("heading", name="No jobs in this range")).to_be_visible()


def test_keys_zoom_and_move(resting: Page, project: Project, now: datetime) -> None:
    lived(project, now, 4, 2)
    resting.goto("/timeline/")

    for key, name in (("+", "Zoom in"), ("[", "‹ Earlier"), ("]", "Later ›"), ("-", "Zoom out")):
        address = resting.get_by_role("link", name=name, exact=True).get_attribute("href")
        resting.keyboard.press(key)
        expect(resting).to_have_url(f"/timeline/{address}")


def test_a_change_appears_and_the_focus_stays(page_for: PageFor, victor: User, project: Project, now: datetime) -> None:
    job = lived(project, now, 4, 2, state=State.RUNNING)
    page = page_for(victor, live="/")
    page.goto("/timeline/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.locator(".bars a").focus()

    change(job, state=State.FAILED, ended_at=now, by_ended=now)

    expect(page.locator(".bars a.state-failed")).to_be_focused()


@pytest.mark.looks
def test_axe_finds_nothing_and_all_fits(resting: Page, looks: Look, project: Project, now: datetime) -> None:
    for number, state in enumerate(State):
        lived(project, now, number + 2, number + 1, state=state, model="a-model-without-any-place-to-break-it" * 2)

    for path in ("?range=30d&state=x", "?group=model", "?view=table", "?q=nowhere"):
        looks(resting, f"/timeline/{path}")
