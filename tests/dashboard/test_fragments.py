"""The fragments that live pages fetch: shared among those who see the same, or not sent again."""

import re
from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from jobs import attention, policies, policy_runs
from jobs.attention import Kind
from jobs.models import Action, Membership, Project, User
from jobs.policies import PolicyDraft
from jobs.projects import Actor
from tests.conftest import ClientFor, MakeProject
from tests.dashboard.reading import FRAGMENT, get, rows, words
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]


def test_a_fragment_is_the_same_table_without_the_page(client_for: ClientFor, victor: User, project: Project) -> None:
    make_job(project)
    client = client_for(victor)

    fragment = get(client, "/?q=job&state=&range=", headers=FRAGMENT)

    assert "<html" not in fragment
    assert rows(fragment) == rows(get(client, "/?q=job"))


def test_an_unchanged_fragment_is_not_sent_again(client_for: ClientFor, victor: User, project: Project) -> None:
    client = client_for(victor)
    tag = client.get("/", headers=FRAGMENT)["ETag"]

    again = client.get("/", headers=FRAGMENT | {"If-None-Match": tag})
    Project.objects.update(version=1)
    changed = client.get("/", headers=FRAGMENT | {"If-None-Match": tag})

    assert (again.status_code, changed.status_code) == (304, 200)


def test_a_fragment_brings_the_number_of_what_asks_for_a_look(
    client_for: ClientFor, victor: User, project: Project, at: datetime
) -> None:
    client = client_for(victor)
    before = client.get("/", headers=FRAGMENT)
    attention.report(Kind.UNREACHABLE, "project 1", at=at, title="It cannot be read.", project=project)

    after = client.get("/", headers=FRAGMENT | {"If-None-Match": before["ETag"]})

    assert [badges(answer.content.decode()) for answer in (before, after)] == [["0 open"], ["1 open"]]


def badges(html: str) -> list[str]:
    return [words(found) for found in re.findall(r'<span id="open-attention".*?</span></span>', html, re.S)]


def test_a_shared_fragment_is_shared_only_among_those_who_see_the_same(
    client_for: ClientFor, victor: User, superuser: User, project: Project, make_project: MakeProject
) -> None:
    make_job(make_project(), display_name="theirs")

    assert "theirs" in get(client_for(superuser), headers=FRAGMENT)
    assert "theirs" not in get(client_for(victor), headers=FRAGMENT)


def test_a_shared_fragment_names_nobody(client_for: ClientFor, stranger: User, db: None) -> None:
    get(client_for(stranger), headers=FRAGMENT)

    assert "stranger" not in get(client_for(User.objects.create_user("sam")), headers=FRAGMENT)


def test_counts_under_a_search_are_shared_by_its_orders_until_something_changes(
    client_for: ClientFor, victor: User, project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_job(project)
    client = client_for(victor)
    get(client, "/?q=job")

    with django_assert_num_queries(8):
        get(client, "/?q=job&sort=ended")
    make_job(project)
    Project.objects.update(version=1)

    assert "All 2" in words(get(client, "/?q=job&sort=failed"))


def test_the_address_to_share_holds_only_what_was_chosen(client_for: ClientFor, victor: User) -> None:
    answer = client_for(victor).get("/?q=a&state=&project=&range=&sort=created", headers=FRAGMENT)

    assert answer["HX-Push-Url"] == "/?q=a"


def test_without_redis_fragments_still_come(
    client_for: ClientFor, victor: User, project: Project, settings: Settings
) -> None:
    make_job(project)
    cache = settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/redis.sock?db=0"}
    settings.CACHES = {"default": cache}

    assert len(rows(get(client_for(victor), headers=FRAGMENT))) == 1


def test_whose_policy_asks_gets_no_badge_of_others(
    client_for: ClientFor, olga: User, victor: User, project: Project, at: datetime
) -> None:
    """All else alike, the number of what asks for a look differs."""
    Membership.objects.filter(user=victor).update(role="operator")
    policy = policies.add(PolicyDraft("Weekly", "state=failed", Action.DELETE, 7), actor=Actor(olga, at))
    before = {client_for(user).get("/", headers=FRAGMENT)["X-Audience"].split()[0] for user in (olga, victor)}

    policy_runs._ask(policy, "Why so many?", at)

    after = {client_for(user).get("/", headers=FRAGMENT)["X-Audience"].split()[0] for user in (olga, victor)}
    assert (len(before), len(after)) == (1, 2)
