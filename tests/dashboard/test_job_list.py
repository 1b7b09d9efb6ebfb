"""The list of jobs: what its rows say, what its links keep, and what it costs."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from jobs.models import Project, StateCount, User
from jobs.states import State
from tests.conftest import ClientFor, MakeProject
from tests.dashboard.reading import get, rows, words
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]


def test_a_job_that_ran_when_first_seen_has_no_split(
    client_for: ClientFor, victor: User, project: Project, at: datetime
) -> None:
    make_job(
        project,
        state=State.RUNNING,
        created_at=at - timedelta(hours=9),
        first_seen_at=at - timedelta(minutes=1),
        started_at=at - timedelta(minutes=1),
        started_observed=True,
    )

    (row,) = rows(get(client_for(victor)))

    assert "9 h in all" in row
    assert "first seen" not in row


def test_a_row_tells_the_job(client_for: ClientFor, victor: User, project: Project, at: datetime) -> None:
    Project.objects.update(last_success_at=at - timedelta(seconds=6))
    make_job(
        project,
        name="batches/7x2k",
        display_name="nightly",
        state=State.RUNNING,
        created_at=at - timedelta(minutes=56),
        started_at=at - timedelta(minutes=44),
        started_observed=True,
        requests_total=100_000,
        requests_succeeded=62_000,
        requests_failed=410,
        observed_at=at - timedelta(minutes=1),
    )

    assert rows(get(client_for(victor))) == [
        "Running nightly 7x2k project-1 gemini-2.5-flash 62,410 / 100,000 · 410 failed (0.7 %)"
        " 12 min → 44 min · first seen 56 min ago 6 s ago"
    ]


def test_thirty_rows_cost_the_queries_of_three(
    client_for: ClientFor, victor: User, project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_for(victor)
    for number in range(30):
        if number in (3, 29):
            Project.objects.update(version=number)
            with django_assert_num_queries(9):
                get(client, "/")
            with django_assert_num_queries(10):
                get(client, "/?q=job")
        make_job(project)


def test_jobs_of_other_projects_do_not_exist(
    client_for: ClientFor, victor: User, stranger: User, project: Project, make_project: MakeProject
) -> None:
    make_job(project, display_name="ours")
    make_job(make_project("secret"), display_name="theirs")

    html = get(client_for(victor))

    assert len(rows(html)) == 1
    assert "theirs" not in html and "secret" not in html
    assert "You see no project yet" in get(client_for(stranger))


def test_pills_count_and_keep_the_other_filters(client_for: ClientFor, victor: User, project: Project) -> None:
    make_job(project, state=State.FAILED)
    make_job(project)

    html = get(client_for(victor), "/?model=gemini-2.5-flash&state=failed&sort=ended")

    pills = re.findall(r'<a class="pill[^"]*"\s+href="\?([^"]*)"[^>]*>(.*?)</a>', html, re.S)
    assert [(words(text), query) for query, text in pills] == [
        ("All 2", "model=gemini-2.5-flash&amp;sort=ended"),
        ("Queued 0", "state=queued&amp;model=gemini-2.5-flash&amp;sort=ended"),
        ("Running 0", "state=running&amp;model=gemini-2.5-flash&amp;sort=ended"),
        ("Succeeded 1", "state=succeeded&amp;model=gemini-2.5-flash&amp;sort=ended"),
        ("Failed 1", "model=gemini-2.5-flash&amp;sort=ended"),
    ]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"requests_succeeded": 12_000, "requests_total": 12_000}, "12,000 ok"),
        (
            {"requests_succeeded": 49_120, "requests_failed": 880, "requests_total": 50_000},
            "49,120 ok · 880 failed (1.8 %)",
        ),
        ({"requests_succeeded": 3_100, "requests_total": 10_000, "state": "cancelled"}, "3,100 of 10,000"),
        ({"state": "failed", "error_message": "INVALID_ARGUMENT: line 17"}, "INVALID_ARGUMENT: line 17"),
        ({"state": "queued", "requests_total": 8_200}, "0 / 8,200"),
        ({"state": "queued", "requests_total": None}, "–"),
        ({"state": "unknown", "provider_state": "BATCH_STATE_NEW"}, "Unknown BATCH_STATE_NEW"),
        ({"state": "running", "expires_at": datetime.fromisoformat("2026-11-22T15:10Z")}, "expires in 3 h"),
    ],
)
def test_cells_say(client_for: ClientFor, victor: User, project: Project, fields: dict[str, Any], text: str) -> None:
    make_job(project, **fields)

    (row,) = rows(get(client_for(victor)))
    assert f" {text} " in f" {row} "


def test_gone_rows_are_marked_and_only_shown_on_request(
    client_for: ClientFor, victor: User, project: Project, at: datetime
) -> None:
    make_job(project, gone_at=at)

    assert rows(get(client_for(victor))) == []
    (row,) = rows(get(client_for(victor), "/?gone=1"))
    assert row.startswith("Succeeded gone ")


def test_hostile_text_stays_text(client_for: ClientFor, victor: User, project: Project) -> None:
    make_job(project, display_name="<script>alert(1)</script>", model='"><img src=x>', error_message="{{ 7|add:7 }}")

    html = get(client_for(victor), "/?q=%3Cscript%3E")

    assert "<script>alert" not in html and "<img src=x" not in html
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>" in html


def test_nonsense_in_the_address_is_told_and_left_out(client_for: ClientFor, victor: User, project: Project) -> None:
    make_job(project)

    html = get(client_for(victor), "/?state=melted&after=x")

    assert "No such state: “melted”. It is left out." in html
    assert len(rows(html)) == 1


def test_pages_lead_there_and_back(client_for: ClientFor, victor: User, project: Project, at: datetime) -> None:
    for number in range(60):
        make_job(project, created_at=at - timedelta(minutes=number))
    client = client_for(victor)

    first = get(client)
    older = re.search(r'href="(\?[^"]*)" rel="next"', first)
    assert older
    second = get(client, "/" + older[1])
    newer = re.search(r'href="(\?[^"]*)" rel="prev"', second)
    assert newer

    assert (len(rows(first)), len(rows(second))) == (50, 10)
    assert rows(get(client, "/" + newer[1])) == rows(first)


def test_no_proxy_may_keep_a_page(client_for: ClientFor, victor: User) -> None:
    assert client_for(victor).get("/")["Cache-Control"] == "private, no-cache"


def test_a_provider_that_names_a_model_for_every_job_makes_no_endless_list(
    client_for: ClientFor, victor: User, project: Project
) -> None:
    cells = [StateCount(project=project, model=f"m{number:03}", state=State.FAILED, jobs=1) for number in range(999)]
    StateCount.objects.bulk_create(cells)

    page = get(client_for(victor), "/?model=m998")

    assert len(re.findall(r'<option value="m\d+"', page)) == 201


def test_says_what_to_do_when_nothing_matches(client_for: ClientFor, victor: User, project: Project) -> None:
    make_job(project)

    text = words(get(client_for(victor), "/?q=nowhere&state=failed"))

    assert "Nothing matches There are no failed jobs matching “nowhere”. Clear filters" in text


def test_says_what_happens_before_the_first_job(
    client_for: ClientFor, victor: User, project: Project, at: datetime
) -> None:
    assert "Waiting for the first sync" in get(client_for(victor))
    Project.objects.update(last_success_at=at)
    assert "No jobs yet" in get(client_for(victor))


def test_says_how_far_a_first_sync_is(client_for: ClientFor, victor: User, project: Project, at: datetime) -> None:
    make_job(project)

    assert "Reading project-1 for the first time: 1 job so far." in words(get(client_for(victor)))
    Project.objects.update(last_success_at=at)
    assert "for the first time" not in get(client_for(victor))


def test_offers_a_superuser_the_first_project(client_for: ClientFor, superuser: User) -> None:
    assert "Add the first project" in get(client_for(superuser))


def test_says_which_project_is_in_trouble(client_for: ClientFor, victor: User, project: Project) -> None:
    Project.objects.update(error="The API key was refused: rotate it.")

    assert "project-1 The API key was refused: rotate it." in words(get(client_for(victor)))


def test_old_rows_are_marked_stale(client_for: ClientFor, victor: User, project: Project, at: datetime) -> None:
    Project.objects.update(last_success_at=at - timedelta(hours=1))
    make_job(project, state=State.RUNNING, observed_at=at - timedelta(hours=1))

    assert '<td class="small stale"' in get(client_for(victor))
