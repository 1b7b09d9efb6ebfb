"""What holds for every page there is: a new one is in these tests from its first day."""

from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, Request, ViewportSize, expect

from jobs.models import Project, User
from tests.conftest import MakeProject
from tests.dashboard.test_access_matrix import NAMES, RULES, address_of
from tests.e2e.conftest import Check, PageFor
from tests.factories import make_job

pytestmark = [pytest.mark.e2e, pytest.mark.looks]
# Answers for programs, parts of pages, and files
NO_PAGES = {"health", "ready", "job_raw", "job_menu", "job_results_line", "operation_receipt"}
FILES = {name for name in NAMES if name.endswith("_csv")}
PAGES = [name for name in NAMES if RULES[name]["allowed"].get("GET") == 200 and name not in NO_PAGES | FILES]
NARROW, WIDE = ViewportSize(width=360, height=740), ViewportSize(width=3840, height=2160)
SHIFTS = """() => { window.shift = 0; new PerformanceObserver((seen) => {
  for (const entry of seen.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift" }); }"""
REFRESH = """() => {
  document.querySelector("[data-live] table").dataset.old = "";
  document.dispatchEvent(new Event("visibilitychange"));
}"""
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))))"


@pytest.fixture
def page(page_for: PageFor, superuser: User) -> Page:
    """A superuser's; it does not move meanwhile."""
    superuser.set_password("usable")
    superuser.save()
    return page_for(superuser)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_light_and_dark_and_fits_from_phone_to_wall(
    name: str, page: Page, axe: Check, alice: User, victor: User, project: Project
) -> None:
    page.goto(address_of(name, project, victor))

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        axe(page)
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator("h1").count() == 1


def test_own_scripts_are_three_hundred_lines_at_most() -> None:
    scripts = (Path(settings.BASE_DIR) / "static" / "js").glob("*.js")

    assert sum(len(script.read_text().splitlines()) for script in scripts) <= 300


def test_a_full_list_takes_little_transfer(page: Page, make_project: MakeProject) -> None:
    project = make_project()
    for _ in range(60):
        make_job(project, display_name="a name as long as names are", error_message="Out of quota.")
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))

    page.goto("/")
    page.wait_for_load_state("load")

    sizes = [request.sizes() for request in requests]
    assert sum(each["responseBodySize"] + each["responseHeadersSize"] for each in sizes) <= 120_000


def test_a_refresh_moves_nothing(page_for: PageFor, superuser: User, project: Project) -> None:
    for _ in range(30):
        make_job(project)
    page = page_for(superuser, live="/")
    page.goto("/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    refresh(page)

    page.evaluate(SHIFTS)
    Project.objects.update(version=5)
    refresh(page)
    page.evaluate(PAINTED)

    assert page.evaluate("window.shift") == 0


def refresh(page: Page) -> None:
    """Have the list fetched again; until it is there."""
    page.evaluate(REFRESH)
    expect(page.locator("[data-old]")).to_have_count(0)


def test_who_wants_little_motion_gets_none(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/preferences/")

    moving = """[...document.querySelectorAll('*')].filter((each) => {
      const style = getComputedStyle(each);
      return parseFloat(style.transitionDuration) > 0.01 || parseFloat(style.animationDuration) > 0.01;
    }).length"""
    assert page.evaluate(moving) == 0


def test_print_leaves_the_controls_out(page: Page, project: Project) -> None:
    make_job(project)
    page.goto("/")
    page.emulate_media(media="print")

    assert not page.get_by_role("navigation", name="Main").is_visible()
    assert not page.get_by_role("searchbox").is_visible()
    assert page.locator("tbody tr").first.is_visible()
