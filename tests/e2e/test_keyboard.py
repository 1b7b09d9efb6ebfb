"""Everything by the keyboard."""

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Project, User
from tests.e2e.conftest import PageFor
from tests.factories import make_job

pytestmark = [pytest.mark.e2e, pytest.mark.looks]


@pytest.fixture
def page(page_for: PageFor, victor: User, project: Project) -> Page:
    """A list of three jobs that does not move meanwhile."""
    for name in ("third", "second", "first"):
        make_job(project, display_name=name)
    page = page_for(victor)
    page.goto("/?sort=created")
    return page


def test_j_and_k_walk_the_rows_and_enter_opens_one(page: Page) -> None:
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="second")).to_be_focused()

    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="second")).to_be_visible()
    page.keyboard.press("]")
    expect(page.get_by_role("heading", name="third")).to_be_visible()
    page.keyboard.press("u")

    expect(page).to_have_url("/")


def test_enter_after_a_search_leaves_nothing_on_the_console(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("second")
    page.keyboard.press("Enter")

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url("/?q=second")


def test_x_ticks_the_row_at_hand(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("x")

    expect(page.get_by_label("Tick first")).to_be_checked()
    expect(page.get_by_label("Tick second")).not_to_be_checked()


def test_g_and_a_letter_go_to_a_page(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("j")

    expect(page).to_have_url("/")


def test_a_question_mark_tells_the_keys_and_escape_closes(page: Page) -> None:
    help_text = page.get_by_role("heading", name="Keyboard")
    page.keyboard.press("?")
    expect(help_text).to_be_visible()

    page.keyboard.press("Escape")

    expect(help_text).to_be_hidden()


def test_p_pauses_and_resumes(page: Page) -> None:
    page.keyboard.press("p")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()

    page.keyboard.press("p")

    expect(page.get_by_text("Paused", exact=True)).to_be_visible()


def test_keys_are_letters_where_somebody_types(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("gj?p")

    expect(page.get_by_role("searchbox")).to_have_value("gj?p")
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()


def test_escape_closes_a_menu_and_returns_to_it(page: Page) -> None:
    summary = page.locator("#columns-menu > summary")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Keep")).to_be_hidden()
    expect(summary).to_be_focused()


def test_whoever_turned_single_keys_off_types_in_peace(page: Page, victor: User) -> None:
    User.objects.filter(pk=victor.pk).update(single_keys=False)
    page.reload()

    page.keyboard.press("g")
    page.keyboard.press("p")
    page.keyboard.press("j")

    expect(page.get_by_role("link", name="first")).not_to_be_focused()
    expect(page).to_have_url("/?sort=created")
