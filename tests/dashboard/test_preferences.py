"""Columns, length of lists and time zone: a person's own, and never somebody else's."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.columns import COLUMNS
from jobs.models import Project, User
from tests.conftest import AT, ClientFor
from tests.dashboard.reading import FRAGMENT, get, rows, words
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]


@pytest.fixture
def browser(client_for: ClientFor, victor: User) -> Client:
    return client_for(victor)


def headings(html: str) -> list[str]:
    return [words(heading) for heading in re.findall(r'<th scope="col"\s+class="col-.*?</th>', html, re.S)]


def test_chosen_columns_are_shown_in_their_usual_order(browser: Client, victor: User, project: Project) -> None:
    make_job(project)

    browser.post(reverse("preferences_list"), {"columns": ["ended", "project"], "rows_per_page": 50})

    assert headings(get(browser)) == ["State", "Job", "Project", "Ended"]
    assert rows(get(browser))[0].endswith("gemini-2.5-flash 30 min ago")


def test_each_column_draws_its_cell_in_each_row(browser: Client, project: Project) -> None:
    make_job(project)
    User.objects.update(columns=[column.name for column in COLUMNS])

    [row] = re.findall(r'<tr id="job-.*?</tr>', get(browser), re.S)

    assert len(re.findall(r"<t[dh][ >]", row)) == len(COLUMNS) + 2  # and its tick and its actions


def test_a_column_that_is_no_more_breaks_nothing(browser: Client, victor: User, project: Project) -> None:
    make_job(project)
    User.objects.update(columns=["state", "job", "vanished"])

    assert headings(get(browser)) == ["State", "Job"]


def test_a_page_is_as_long_as_one_chose(browser: Client, project: Project) -> None:
    for _ in range(30):
        make_job(project)

    browser.post(reverse("preferences_list"), {"rows_per_page": 25})

    assert len(rows(get(browser))) == 25
    assert 'rel="next"' in get(browser)


def test_a_shared_fragment_is_not_shared_with_who_chose_otherwise(
    browser: Client, client_for: ClientFor, alice: User, project: Project
) -> None:
    make_job(project)
    get(browser, headers=FRAGMENT)
    User.objects.filter(pk=alice.pk).update(columns=["job"], time_zone="Asia/Tokyo")

    fragment = get(client_for(alice), headers=FRAGMENT)

    assert headings(fragment) == ["State", "Job"]


def test_other_lengths_are_refused(browser: Client, victor: User) -> None:
    assert browser.post(reverse("preferences_list"), {"rows_per_page": 1_000_000}).status_code == 422
    assert User.objects.get(pk=victor.pk).rows_per_page == 50


def test_a_choice_made_beside_the_list_brings_the_list_anew(browser: Client) -> None:
    answer = browser.post(reverse("preferences_list"), {"rows_per_page": 25}, headers=FRAGMENT)

    assert answer["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("chosen", "cookie", "told"),
    [
        ("", "", "2026-11-22 11:00:00 UTC"),
        ("", "Asia/Tokyo", "2026-11-22 20:00:00 JST · 11:00:00 UTC"),
        ("Europe/Berlin", "Asia/Tokyo", "2026-11-22 12:00:00 CET · 11:00:00 UTC"),
        ("UTC", "Asia/Tokyo", "2026-11-22 11:00:00 UTC"),
        ("", "../../etc/passwd", "2026-11-22 11:00:00 UTC"),
    ],
)
def test_moments_are_told_in_the_chosen_zone_else_the_browsers(
    browser: Client, project: Project, chosen: str, cookie: str, told: str
) -> None:
    make_job(project, created_at=AT - timedelta(hours=1))
    browser.post(reverse("preferences_zone"), {"time_zone": chosen})
    browser.cookies["zone"] = cookie

    assert f'title="{told}"' in get(browser)


def test_an_unknown_zone_is_refused(browser: Client, victor: User) -> None:
    assert browser.post(reverse("preferences_zone"), {"time_zone": "Mars/Olympus"}).status_code == 422
    assert User.objects.get(pk=victor.pk).time_zone == ""


def test_single_keys_can_be_turned_off_and_on(browser: Client, victor: User) -> None:
    for chosen, off in (({}, True), ({"single_keys": "on"}, False)):
        browser.post(reverse("preferences_keys"), chosen)

        assert ("data-no-keys" in get(browser)) == off
        assert User.objects.get(pk=victor.pk).single_keys != off
