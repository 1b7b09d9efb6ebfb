"""Policies: from a filter, by a rehearsal, to a switch."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from jobs import policies
from jobs.models import Action, Policy, Project, User
from jobs.policies import PolicyDraft
from jobs.projects import Actor
from jobs.states import State
from tests.conftest import ClientFor
from tests.dashboard.reading import get, words
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]
SENT = {"name": "Failed after a week", "action": "delete", "older_than_days": "7", "hour": "3", "archive_first": "on"}


@pytest.fixture
def policy(project: Project, olga: User, at: datetime) -> Policy:
    draft = PolicyDraft("Weekly", f"project={project.pk}&state=failed", Action.DELETE, 7, weekday=6)
    return policies.add(draft, actor=Actor(olga, at))


def post(client: Client, policy: Policy, button: str) -> str:
    """Press a button; the text of the page it leads to."""
    answer = client.post(f"/policies/{policy.pk}/{button}/", follow=True)
    return words(answer.content.decode())


def state_of(policy: Policy) -> tuple[bool, bool]:
    policy.refresh_from_db()
    return bool(policy.rehearsed_at), bool(policy.enabled_at)


def test_a_policy_is_made_of_a_pasted_address(client_for: ClientFor, olga: User, project: Project) -> None:
    sent = SENT | {"filter": f"https://board.example.com/?state=failed&project={project.pk}", "weekday": "0"}

    answer = client_for(olga).post("/policies/add/", sent)

    policy = Policy.objects.get()
    assert answer["Location"] == f"/policies/{policy.pk}/"
    assert (policy.filter, policy.older_than_days, policy.weekday) == (f"state=failed&project={project.pk}", 7, 0)
    assert (policy.owner, policy.enabled_at) == (olga, None)


def test_the_list_of_jobs_hands_its_filter_over(client_for: ClientFor, olga: User, project: Project) -> None:
    html = get(client_for(olga), "/policies/add/?filter=state%3Dfailed%26older_than%3D90d")

    assert 'value="state=failed"' in html
    assert 'value="90"' in html


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "This field is required."),
        ({"filter": "state=melted"}, "The filter is not understood"),
        ({"filter": "state=running"}, "A policy does not delete jobs that are running"),
        ({"older_than_days": "0"}, "greater than or equal to 1"),
        ({"hour": "24"}, "less than or equal to 23"),
    ],
)
def test_nonsense_is_told_and_saves_nothing(
    client_for: ClientFor, olga: User, project: Project, wrong: dict[str, Any], sentence: str
) -> None:
    answer = client_for(olga).post("/policies/add/", SENT | wrong)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Policy.objects.exists()


def test_only_what_was_rehearsed_is_switched_on(
    client_for: ClientFor, olga: User, project: Project, policy: Policy, at: datetime
) -> None:
    for days, kept_at in ((8, None), (9, at), (50, None), (1, None)):
        make_job(project, state=State.FAILED, created_at=at - timedelta(days=days), kept_at=kept_at)
    client = client_for(olga)

    assert "Rehearse it first" in post(client, policy, "enable")
    assert state_of(policy) == (False, False)
    text = post(client, policy, "rehearse")
    assert "It would have removed 1 job in the last 30 days, 1 protected. Now it would act on 2 jobs" in text
    assert state_of(policy) == (True, False)
    post(client, policy, "enable")
    assert state_of(policy) == (True, True)
    assert "Sundays 03:00 UTC" in words(get(client, "/policies/"))
    post(client, policy, "disable")
    assert state_of(policy) == (True, False)


def test_a_change_asks_for_a_new_rehearsal(client_for: ClientFor, olga: User, policy: Policy) -> None:
    client = client_for(olga)
    post(client, policy, "rehearse")
    post(client, policy, "enable")

    client.post(f"/policies/{policy.pk}/edit/", SENT | {"filter": policy.filter})

    assert state_of(policy) == (False, False)
    assert policy.name == "Failed after a week"


def test_others_see_a_policy_of_their_project_and_do_not_manage_it(
    client_for: ClientFor, victor: User, alice: User, stranger: User, policy: Policy
) -> None:
    assert "Weekly" in get(client_for(victor), "/policies/")
    assert "Switch on" not in get(client_for(alice), f"/policies/{policy.pk}/")
    for button in ("rehearse", "enable", "remove"):
        assert "Only its owner or a superuser may do that." in post(client_for(alice), policy, button)
    assert state_of(policy) == (False, False)
    assert "Weekly" not in get(client_for(stranger), "/policies/")


def test_a_policy_that_asks_says_what(client_for: ClientFor, olga: User, policy: Policy, at: datetime) -> None:
    Policy.objects.update(enabled_at=at, asks="It matched 500 jobs, and usually some 10.")

    assert "Asks It matched 500 jobs, and usually some 10." in words(get(client_for(olga), "/policies/"))
    assert "It runs no more until" in get(client_for(olga), f"/policies/{policy.pk}/")


def test_a_policy_is_removed_by_its_owner(client_for: ClientFor, olga: User, policy: Policy) -> None:
    assert "Removed." in post(client_for(olga), policy, "remove")
    assert not Policy.objects.exists()
