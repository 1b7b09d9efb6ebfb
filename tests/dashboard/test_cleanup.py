"""The cleanup page: groups with exact numbers, each one click from its plan."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client

from jobs.models import Operation, Project, User
from jobs.states import State
from tests.conftest import ClientFor, MakeProject
from tests.dashboard.reading import get, rows, words
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]
ALL_FINISHED = "state=succeeded&state=partial&state=failed&state=cancelled&state=expired"


def cards(html: str) -> dict[str, str]:
    """What each card says below its title."""
    found = re.findall(r'<section class="card group">.*?<h2>(.*?)</h2>(.*?)</section>', html, re.S)
    return {title: words(rest) for title, rest in found}


def query_of(html: str, title: str) -> str:
    card = html.partition(f"<h2>{title}</h2>")[2]
    return str(re.findall(r'href="/\?(.*?)"', card)[0]).replace("&amp;", "&")


@pytest.fixture
def board(project: Project, at: datetime) -> None:
    make_job(project, state=State.FAILED, display_name="failed")
    make_job(project, display_name="old", created_at=at - timedelta(days=31), results_state="saved")
    make_job(project, display_name="new", results_state="waiting")
    make_job(project, state=State.QUEUED, display_name="waits", created_at=at - timedelta(days=2))
    make_job(project, state=State.FAILED, gone_at=at)


@pytest.mark.usefixtures("board")
def test_groups_tell_how_many_and_what_is_at_stake(client_for: ClientFor, olga: User) -> None:
    assert cards(get(client_for(olga), "/cleanup/")) == {
        "Failed jobs": "1 no results to lose · 1 project Delete 1 job…",
        "Finished over 30 days ago": "1 1 saved · 1 project Delete 1 job…",
        "All finished": "3 1 saved · 1 with results not saved yet · 1 project Delete 3 jobs…",
        "Cancelled or expired": "0 None now Delete 0 jobs…",
        "Queued for over a day": "1 1 project Cancel 1 job…",
        "Results only at the provider": "1 1 project Save the results of 1 job…",
    }


@pytest.mark.usefixtures("board")
@pytest.mark.parametrize("title", ["Failed jobs", "Finished over 30 days ago", "All finished", "Queued for over a day"])
def test_a_card_plans_just_what_its_list_shows(client_for: ClientFor, olga: User, title: str) -> None:
    client = client_for(olga)
    query = query_of(get(client, "/cleanup/"), title)

    client.post("/operations/plan/delete/", {"all": "all", "filter": query})

    planned = Operation.objects.get().items.values_list("job_label", flat=True)
    assert sorted(planned) == sorted(_names(client, query))
    assert planned


def _names(client: Client, query: str) -> list[str]:
    return [line.split()[1] for line in rows(get(client, f"/?{query}"))]


def test_one_project_alone_can_be_tidied(
    client_for: ClientFor, superuser: User, project: Project, make_project: MakeProject
) -> None:
    make_job(project, state=State.FAILED)
    make_job(make_project(), state=State.FAILED)

    html = get(client_for(superuser), f"/cleanup/?project={project.pk}")

    assert cards(html)["Failed jobs"].startswith("1 ")
    assert query_of(html, "All finished") == f"{ALL_FINISHED}&project={project.pk}"


def test_too_many_need_a_second_person(client_for: ClientFor, olga: User, project: Project) -> None:
    Project.objects.update(approval_above=1)
    for _ in range(2):
        make_job(project, state=State.FAILED)

    assert "needs a second person" in cards(get(client_for(olga), "/cleanup/"))["Failed jobs"]


@pytest.mark.usefixtures("board")
def test_a_viewer_is_told_why_nothing_can_be_pressed(client_for: ClientFor, victor: User) -> None:
    html = get(client_for(victor), "/cleanup/")

    assert 'type="submit" class="button danger"' not in html
    assert "Your role here is viewer" in cards(html)["Failed jobs"]


def test_nobody_is_a_viewer_of_an_empty_board(client_for: ClientFor, superuser: User) -> None:
    assert cards(get(client_for(superuser), "/cleanup/"))["Failed jobs"] == "0 None now Delete 0 jobs…"
