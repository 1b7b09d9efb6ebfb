"""The reconcile page: what drifted, and one plan a group."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from jobs.models import Operation, Project, User
from jobs.reconcile import RULES
from jobs.states import State
from tests.conftest import ClientFor
from tests.dashboard.reading import get, words
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]


def cards(html: str) -> dict[str, str]:
    found = re.findall(r'<section class="card group">.*?<h2>(.*?)</h2>(.*?)</section>', html, re.S)
    return {title: words(rest) for title, rest in found}


def drift(project: Project, at: datetime) -> None:
    long_ago = at - timedelta(hours=3)
    for _ in range(2):
        make_job(project, state=State.CANCELLING, reported="running", cancel_requested_at=long_ago)
    make_job(project, state=State.RUNNING, gone_at=at, gone_by="provider", display_name="vanished")
    make_job(project, results_state="waiting", created_at=long_ago, output="inline")
    make_job(project)


@pytest.fixture
def drifted(project: Project, at: datetime) -> None:
    drift(project, at)


@pytest.mark.usefixtures("drifted")
def test_groups_tell_how_many_drifted(client_for: ClientFor, olga: User) -> None:
    told = cards(get(client_for(olga), "/reconcile/"))

    assert {title: text.split()[0] for title, text in told.items()} == {
        "Cancelled here, still running there": "2",
        "Running here, gone there": "1",
        "Results never collected": "1",
    }
    assert told["Cancelled here, still running there"].endswith("In 1 project. Cancel 2 jobs…")


@pytest.mark.usefixtures("drifted")
def test_one_action_plans_a_whole_group(client_for: ClientFor, olga: User) -> None:
    answer = client_for(olga).post("/reconcile/vanished/plan/")

    operation = Operation.objects.get()
    assert answer["Location"] == f"/operations/{operation.pk}/"
    assert (operation.action, operation.items.get().job_label) == ("forget", "vanished")


def test_nothing_drifted_is_said(client_for: ClientFor, olga: User, project: Project) -> None:
    make_job(project)
    client = client_for(olga)

    assert "Nothing drifted" in get(client, "/reconcile/")
    assert client.post("/reconcile/nonsense/plan/").status_code == 404
    client.post("/reconcile/vanished/plan/")
    assert not Operation.objects.exists()


def test_live_jobs_are_held_against_the_limit(client_for: ClientFor, victor: User, project: Project) -> None:
    for _ in range(3):
        make_job(project, state=State.RUNNING)

    assert "project-1 3 100" in words(get(client_for(victor), "/reconcile/"))


@pytest.mark.usefixtures("drifted")
def test_a_viewer_is_told_why_nothing_can_be_pressed(client_for: ClientFor, victor: User) -> None:
    html = get(client_for(victor), "/reconcile/")

    assert 'type="submit" class="button primary"' not in html
    assert "Your role here is viewer" in html


@pytest.mark.usefixtures("drifted")
def test_a_groups_number_leads_to_exactly_its_jobs(client_for: ClientFor, olga: User, project: Project) -> None:
    make_job(project, state=State.RUNNING, display_name="still there")
    client = client_for(olga)

    assert 'href="/reconcile/vanished/"' in get(client, "/reconcile/")
    told = words(get(client, "/reconcile/vanished/"))

    assert "vanished batches/" in told
    assert "still there" not in told
    assert "Remove from the board 1 job…" in told


@pytest.mark.parametrize("key", RULES)
@pytest.mark.usefixtures("drifted")
def test_many_jobs_of_a_group_cost_the_queries_of_some(
    key: str,
    client_for: ClientFor,
    olga: User,
    project: Project,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_for(olga)
    with CaptureQueriesContext(connection) as for_some:
        assert "<bdi>batches/" in get(client, f"/reconcile/{key}/")
    for _ in range(5):
        drift(project, at)

    with django_assert_num_queries(len(for_some)):
        get(client, f"/reconcile/{key}/")


@pytest.mark.usefixtures("drifted")
def test_a_group_lists_nobody_elses_jobs(client_for: ClientFor, stranger: User) -> None:
    html = get(client_for(stranger), "/reconcile/vanished/")

    assert "batches/" not in html
    assert "None now" in html
    assert client_for(stranger).get("/reconcile/elsewhere/").status_code == 404


@pytest.mark.usefixtures("drifted")
def test_live_jobs_against_the_limit_lead_to_the_list(client_for: ClientFor, olga: User, project: Project) -> None:
    client = client_for(olga)
    found = re.search(r'href="/\?([^"]*)"\s+aria-label="Show 2 live jobs', get(client, "/reconcile/"))
    assert found

    listed = get(client, f"/?{found[1].replace('&amp;', '&')}")

    assert len(re.findall(r'<tr id="job-', listed)) == 2
