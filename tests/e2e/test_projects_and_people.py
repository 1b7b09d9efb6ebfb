"""Projects, members, people and sign-in in a real browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import Settings

from dashboard.accounts import set_password_path
from jobs.models import Membership, Project, User
from jobs.simulator.accounts import GeminiAccount, VertexAccount
from tests.conftest import MakeProject
from tests.e2e.conftest import Look, PageFor
from tests.factories import make_job

pytestmark = pytest.mark.e2e


@pytest.fixture
def allowed_hosts(settings: Settings) -> None:
    settings.PROVIDER_HOSTS = ["127.0.0.1"]


def test_tests_and_adds_a_gemini_project(
    allowed_hosts: None, page_for: PageFor, superuser: User, gemini_account: GeminiAccount, base_url: str
) -> None:
    gemini_account.add_job()
    page = page_for(superuser)

    page.goto("/projects/add/")
    page.get_by_label("Name").fill("Search")
    page.get_by_label("API key").fill(gemini_account.key)
    page.get_by_text("Other hosts than the provider's own").click()
    page.get_by_label("Base URL").fill(base_url)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("Connected: 1 job on the first page.")).to_be_visible()
    page.get_by_role("button", name="Add the project").click()

    expect(page.get_by_role("heading", name="Search")).to_be_visible()
    assert Project.objects.get().open_credential().secret == gemini_account.key


def test_adds_the_key_of_the_environment_from_an_empty_board(
    page_for: PageFor, superuser: User, settings: Settings
) -> None:
    settings.GEMINI_API_KEY = "AIza-from-the-environment"
    page = page_for(superuser)
    page.goto("/")

    page.get_by_role("button", name="Use GEMINI_API_KEY from the server's environment").click()

    expect(page.get_by_role("heading", name="Gemini API")).to_be_visible()
    assert Project.objects.get().open_credential().secret == "AIza-from-the-environment"


def test_a_first_sync_shows_how_far_it_is(page_for: PageFor, superuser: User, project: Project) -> None:
    at = timezone.now()
    Project.objects.update(leased_until=at + timedelta(hours=1))
    page = page_for(superuser)
    page.goto(f"/projects/{project.pk}/")
    expect(page.get_by_text("The first sync runs: 0 jobs so far.")).to_be_visible()

    make_job(project)
    expect(page.get_by_text("The first sync runs: 1 job so far.")).to_be_visible()

    Project.objects.update(leased_until=None, last_success_at=at, next_sync_at=at)
    expect(page.get_by_text("The last sync went well.")).to_be_visible()
    expect(page.locator("#health-word")).to_have_text("Healthy")


def test_shows_only_the_fields_of_the_chosen_credential(
    page_for: PageFor, superuser: User, vertex_account: VertexAccount
) -> None:
    page = page_for(superuser)
    page.goto("/projects/add/")

    page.get_by_role("link", name="Vertex AI").click()
    expect(page.get_by_label("Key file's text")).to_be_visible()
    page.get_by_label("Access token").first.check()

    expect(page.get_by_label("Key file's text")).to_be_hidden()
    expect(page.get_by_role("textbox", name="Access token")).to_be_visible()


def test_invites_a_person_who_sets_a_password(page_for: PageFor, superuser: User, project: Project) -> None:
    admin, invited = page_for(superuser), page_for(None)

    admin.goto("/people/add/")
    admin.get_by_label("User name").fill("dana")
    admin.get_by_role("button", name="Add and show the link").click()
    admin.get_by_label("Project").select_option(label=project.name)
    link = admin.locator(".secret code").inner_text()
    admin.get_by_role("button", name="Add to the project").click()
    invited.goto(link)
    invited.get_by_label("New password", exact=True).fill("an unusual sentence")
    invited.get_by_label("New password, again").fill("an unusual sentence")
    invited.get_by_role("button", name="Set the password").click()

    expect(invited.locator(".who")).to_have_text("dana")
    assert list(Project.objects.visible_to(User.objects.get(username="dana"))) == [project]


def test_changes_and_removes_a_member(page_for: PageFor, alice: User, victor: User, project: Project) -> None:
    page = page_for(alice)
    page.goto(f"/projects/{project.pk}/members/")

    page.get_by_label("Role of victor").select_option("operator")
    page.get_by_role("button", name="Change the role of victor").click()
    expect(page.get_by_text(f"victor is now operator of {project.name}.")).to_be_visible()
    page.get_by_role("button", name="Remove victor").click()

    expect(page.get_by_text(f"victor is no longer a member of {project.name}.")).to_be_visible()
    assert not Membership.objects.filter(user=victor).exists()


def test_the_menu_opens_by_keyboard_and_closes_by_escape(page_for: PageFor, victor: User, project: Project) -> None:
    page = page_for(victor)
    page.goto("/projects/")

    page.locator("details.menu summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(page.locator("details.menu summary")).to_be_focused()


def test_the_chosen_theme_stays(page_for: PageFor, victor: User, project: Project) -> None:
    page = page_for(victor, color_scheme="light")
    page.goto("/projects/")

    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Theme: system").click()
    page.get_by_role("button", name="Theme: light").click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(20, 21, 23)")


def test_a_page_whose_session_ended_asks_for_sign_in(page_for: PageFor, victor: User, project: Project) -> None:
    page = page_for(victor)
    page.goto("/projects/")
    page.context.clear_cookies()

    page.evaluate("htmx.ajax('GET', '/projects/', {source: '#projects', target: '#projects', swap: 'outerHTML'})")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.fixture
def board(make_project: MakeProject, superuser: User) -> Project:
    """A board with something of everything to show; the project in the worst trouble."""
    now = timezone.now()
    make_job(make_project(name="Healthy", last_success_at=now, next_sync_at=now))
    make_project(name="Paused", paused_at=now)
    broken = make_project(
        name="A name somebody gave without a thought for narrow screens and_without_any_place_to_break_it",
        error="37 of 120 jobs are no longer listed.",
        error_kind="brake",
        brake="mass_vanish",
        clock_skew_seconds=-90,
        latency_ms=143,
        failures=3,
    )
    Membership.objects.create(user=superuser, project=broken, role="admin")
    return broken


@pytest.mark.looks
def test_pages_about_projects_are_accessible_and_fit(
    page_for: PageFor, superuser: User, board: Project, looks: Look, allowed_hosts: None
) -> None:
    page = page_for(superuser)

    for address in ("", "add/", "add/?provider=vertex"):
        looks(page, f"/projects/{address}")
    for address in ("", "edit/", "rotate/", "remove/", "members/"):
        looks(page, f"/projects/{board.pk}/{address}")


@pytest.mark.looks
def test_pages_about_people_are_accessible_and_fit(
    page_for: PageFor, superuser: User, board: Project, looks: Look
) -> None:
    page = page_for(superuser)

    for address in ("", "add/", f"{superuser.pk}/", f"{superuser.pk}/edit/"):
        looks(page, f"/people/{address}")


@pytest.mark.looks
def test_sign_in_pages_are_accessible_and_fit(page_for: PageFor, victor: User, looks: Look) -> None:
    page = page_for(None)

    for address in ("login/", "password/reset/", "inactive/"):
        looks(page, f"/accounts/{address}")
    looks(page, set_password_path(victor))
