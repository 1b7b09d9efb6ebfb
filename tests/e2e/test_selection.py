"""Ticking jobs of the list in a real browser, and the menu of a row."""

import pytest
from playwright.sync_api import expect

from jobs.models import Project, User
from jobs.states import State
from tests.e2e.conftest import Check, PageFor
from tests.e2e.test_jobs import change
from tests.factories import make_job

pytestmark = pytest.mark.e2e


def test_ticks_stay_when_the_list_is_fetched_again(page_for: PageFor, olga: User, project: Project) -> None:
    first, second = make_job(project, state=State.RUNNING), make_job(project, state=State.RUNNING)
    page = page_for(olga)
    page.goto("/")
    page.get_by_label(f"Tick {first.display_name}").check()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()

    change(second, state=State.FAILED)

    expect(page.locator("tbody").get_by_text("Failed")).to_be_visible()
    expect(page.get_by_label(f"Tick {first.display_name}")).to_be_checked()
    expect(page.get_by_label(f"Tick {second.display_name}")).not_to_be_checked()


def test_clear_unticks_everything(page_for: PageFor, olga: User, project: Project) -> None:
    make_job(project)
    page = page_for(olga)
    page.goto("/")
    page.locator("tbody .tick").check()

    page.get_by_role("button", name="Clear").click()

    expect(page.get_by_role("region", name="Selection")).to_be_hidden()
    page.reload()
    expect(page.locator("tbody .tick:checked")).to_have_count(0)


def test_a_row_menu_says_what_works_and_why_not(page_for: PageFor, olga: User, project: Project) -> None:
    make_job(project, state=State.RUNNING, display_name="nightly")
    page = page_for(olga)
    page.goto("/")

    page.get_by_role("button", name="Actions for nightly").click()
    menu = page.locator("#job-menu")
    expect(menu.get_by_role("button", name="Archive results… It has not ended yet.")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Actions for nightly").press("Enter")
    menu.get_by_role("button", name="Delete…").click()

    expect(page.get_by_role("heading", name="Delete 1 job", exact=True)).to_be_visible()


@pytest.mark.looks
def test_axe_finds_nothing_while_jobs_are_ticked(page_for: PageFor, axe: Check, olga: User, project: Project) -> None:
    make_job(project, display_name="nightly")
    page = page_for(olga)
    page.goto("/")

    page.locator("tbody .tick").check()
    axe(page)
    page.get_by_role("button", name="Actions for nightly").click()
    expect(page.locator("#job-menu").get_by_role("link", name="Open")).to_be_visible()
    axe(page)
    page.emulate_media(color_scheme="dark")
    axe(page)
