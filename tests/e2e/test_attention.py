"""Attention in a real browser: from the badge to a resolved line, and how the pages look to axe."""

import pytest
from playwright.sync_api import expect

from jobs import stale
from jobs.attention import Kind
from jobs.models import Attention, AttentionNote, Project, User
from jobs.states import State
from tests.e2e.conftest import Look, PageFor
from tests.factories import make_attention, make_job

pytestmark = pytest.mark.e2e


@pytest.fixture
def row(project: Project) -> Attention:
    make_attention(project, kind=Kind.UNREACHABLE, title="A project cannot be read")
    return make_attention(project, *[make_job(project, state=State.FAILED) for _ in range(3)])


def test_from_the_badge_to_a_resolved_line(page_for: PageFor, olga: User, row: Attention) -> None:
    page = page_for(olga)
    page.goto("/")
    page.get_by_role("link", name="Attention 2 open").click()
    page.get_by_role("row", name="Jobs failed").get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("row", name="Jobs failed")).to_contain_text("seen by olga")

    page.get_by_role("link", name="Jobs failed").click()
    page.get_by_label("Looked after by").select_option("olga")
    page.get_by_role("button", name="Assign").click()
    page.get_by_label("Comment", exact=True).fill("Asked for more quota.")
    page.get_by_role("button", name="Add the comment").click()
    page.get_by_label("What was done").fill("Quota raised.")
    page.get_by_role("button", name="Resolve").click()

    expect(page.get_by_role("region", name="Story")).to_contain_text("Quota raised.")
    row.refresh_from_db()
    assert (row.resolved_by, row.assigned_to, row.acknowledged_by) == ("olga", olga, "olga")


def test_what_happens_meanwhile_appears_by_itself(page_for: PageFor, victor: User, project: Project) -> None:
    page = page_for(victor, live="/")
    page.goto("/attention/")
    expect(page.get_by_text("Nothing needs a look")).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")

    make_attention(project, make_job(project, state=State.FAILED))
    stale.announce(project.pk, [], version=project.version)

    expect(page.get_by_role("link", name="Jobs failed")).to_be_visible()


def test_a_refused_form_stops_no_changes(page_for: PageFor, olga: User, project: Project, row: Attention) -> None:
    page = page_for(olga, live="/", may_say="422")
    page.goto(f"/attention/{row.pk}/")
    page.get_by_label("Snooze for").select_option(label="the day below")
    page.get_by_role("button", name="Snooze").click()
    expect(page.get_by_text("Choose the day, or one of the spans above.")).to_be_visible()

    AttentionNote.objects.create(attention=row, at=row.since, author="alice", verb="commented", text="I look.")
    stale.announce(project.pk, [], version=project.version)

    expect(page.get_by_role("region", name="Story")).to_contain_text("I look.")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_the_badge_keeps_up_on_every_live_page(page_for: PageFor, victor: User, project: Project) -> None:
    page = page_for(victor, live="/")
    page.goto("/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    expect(page.locator("#open-attention")).to_be_hidden()

    make_attention(project, make_job(project, state=State.FAILED))
    stale.announce(project.pk, [], version=project.version)

    expect(page.get_by_role("link", name="Attention 1 open")).to_be_visible()


@pytest.mark.looks
def test_axe_finds_nothing_and_all_fits(page_for: PageFor, olga: User, row: Attention, looks: Look) -> None:
    page = page_for(olga)

    for address in ("/attention/", "/attention/?view=snoozed", f"/attention/{row.pk}/"):
        looks(page, address)
