"""The stream, on a real server with a real Redis: who hears what, how often, and when it ends."""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
import redis
from django.conf import settings
from pytest_django import Settings

from dashboard import hub, streams
from jobs import people, projects
from jobs.models import Membership, Project, Role, User
from jobs.projects import Actor
from jobs.stale import announce, channel
from tests.conftest import AT
from tests.live import Server, session_of, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
MakeProject = Callable[..., Project]


@pytest.fixture(autouse=True)
def channel_of_our_own(settings: Settings) -> None:
    """The live pages of other tests in this process follow theirs, and those of other processes too."""
    settings.REDIS_URL = re.sub(r"db=(\d+)", lambda number: f"db={16 + int(number[1])}", settings.REDIS_URL)


@pytest.fixture(autouse=True)
def hardly_any_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PACE_SECONDS", 0.05)


@pytest.fixture
def server(redis_client: "redis.Redis") -> Iterator[Server]:
    """The whole web process: Redis may notice a moment later that its subscription ended; the next test finds none."""
    from dashboard.asgi import application

    with Server(application) as running:
        yield running
    wait_until(lambda: listeners(redis_client) == 0)


@contextmanager
def following(server: Server, user: User | None) -> Iterator[Iterator[str]]:
    """The lines of the stream that are neither empty nor a matter of the connection."""
    cookies = {settings.SESSION_COOKIE_NAME: session_of(user)} if user else {}
    with httpx.stream("GET", f"{server.url}/stream/", cookies=cookies, timeout=60) as answer:
        assert answer.status_code == 200
        lines = (line for line in answer.iter_lines() if line and not line.startswith("retry"))
        # The first event says "anything may have changed": from now on the channel is followed.
        first = next(line for line in lines if line != ": keep-alive")
        assert [first, next(lines)] == ["event: stale", 'data: {"projects":null}']
        yield lines


def listeners(redis_client: "redis.Redis") -> int:
    ((_, count),) = redis_client.pubsub_numsub(channel(settings.REDIS_URL))
    return int(count)


def test_tells_which_jobs_of_which_project(server: Server, victor: User, project: Project) -> None:
    with following(server, victor) as lines:
        announce(project.pk, [7, 8], version=1)

        assert [next(lines), next(lines)] == ["event: stale", f'data: {{"projects":{{"{project.pk}":[7,8]}}}}']


def test_says_nothing_of_projects_one_may_not_see(
    server: Server, victor: User, project: Project, make_project: MakeProject
) -> None:
    hidden = make_project()
    with following(server, victor) as lines:
        announce(hidden.pk, [1], version=1)
        announce(project.pk, [2], version=1)

        next(lines)
        assert next(lines) == f'data: {{"projects":{{"{project.pk}":[2]}}}}'


def test_a_burst_costs_one_event(
    server: Server, victor: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PACE_SECONDS", 3.0)  # the burst begins when the first event has been sent
    with following(server, victor) as lines:
        for job in (3, 1, 2):
            announce(project.pk, [job], version=job)

        assert [next(lines), next(lines)] == ["event: stale", f'data: {{"projects":{{"{project.pk}":[1,2,3]}}}}']


def test_too_many_jobs_are_named_null(server: Server, superuser: User, project: Project) -> None:
    with following(server, superuser) as lines:
        announce(project.pk, range(501), version=1)

        next(lines)
        assert next(lines) == f'data: {{"projects":{{"{project.pk}":null}}}}'


def test_keeps_the_connection_alive(server: Server, victor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "KEEP_ALIVE_SECONDS", 0.05)
    with following(server, victor) as lines:
        assert next(lines) == ": keep-alive"


def test_ends_when_the_person_is_deactivated(server: Server, victor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "RECHECK_SECONDS", 0.05)
    with following(server, victor) as lines:
        User.objects.filter(pk=victor.pk).update(is_active=False)

        assert list(lines) == []


def test_follows_memberships_as_they_change(
    server: Server, stranger: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "RECHECK_SECONDS", 0.05)
    with following(server, stranger) as lines:
        Membership.objects.create(user=stranger, project=project, role=Role.VIEWER)

        assert [next(lines), next(lines)] == ["event: stale", 'data: {"projects":null}']


def test_tells_whose_rights_changed_to_look_again(
    server: Server, victor: User, superuser: User, project: Project
) -> None:
    with following(server, victor) as lines:
        people.revoke(Membership.objects.get(user=victor), by=Actor(superuser, AT))

        assert [next(lines), next(lines)] == ["event: stale", 'data: {"projects":null}']


@pytest.mark.parametrize("change", [projects.pause, projects.remove])
def test_tells_what_becomes_of_a_project(
    server: Server, superuser: User, project: Project, change: Callable[..., None]
) -> None:
    with following(server, superuser) as lines:
        change(project, by=Actor(superuser, AT))

        assert [next(lines), next(lines)] == ["event: stale", 'data: {"projects":null}']


def test_ends_at_once_for_whom_an_admin_deactivates(server: Server, victor: User, superuser: User) -> None:
    with following(server, victor) as lines:
        people.deactivate(victor, by=Actor(superuser, AT))

        assert list(lines) == []


def test_one_person_opens_only_so_many(
    server: Server, victor: User, superuser: User, project: Project, settings: Settings
) -> None:
    settings.STREAMS_A_PERSON = 1
    with following(server, victor):
        statuses = {}
        for user in (victor, superuser):
            cookies = {settings.SESSION_COOKIE_NAME: session_of(user)}
            with httpx.stream("GET", f"{server.url}/stream/", cookies=cookies, timeout=60) as answer:
                statuses[user] = answer.status_code

    assert statuses == {victor: 429, superuser: 200}


def test_all_streams_share_one_subscription_which_ends_with_the_last(
    server: Server, victor: User, redis_client: "redis.Redis"
) -> None:
    cookies = {settings.SESSION_COOKIE_NAME: session_of(victor)}
    with following(server, victor), httpx.stream("GET", f"{server.url}/stream/", cookies=cookies, timeout=60):
        assert listeners(redis_client) == 1

    wait_until(lambda: listeners(redis_client) == 0)


async def leave_after(turns: int) -> None:
    """Follow for so many turns of the loop; a subscription that cannot be ended fails."""
    follower = hub.Hub()
    with follower.listening(hub.Listener(frozenset(), 1)):
        for _ in range(turns):
            await asyncio.sleep(0)
    await asyncio.wait_for(follower.close(), 60)


def test_whenever_the_last_one_leaves_the_subscription_ends(redis_client: "redis.Redis") -> None:
    with ThreadPoolExecutor(1) as thread:  # in this one a browser of other tests may have its loop
        for turns in range(40):
            thread.submit(asyncio.run, leave_after(turns)).result()

    wait_until(lambda: listeners(redis_client) == 0)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/stream/", 403), ("POST", "/stream/", 405), ("GET", "/stream/x", 404)]
)
def test_refuses_the_rest(server: Server, method: str, path: str, status: int) -> None:
    assert httpx.request(method, server.url + path, timeout=60).status_code == status
