"""Fragments sent again without asking Django: to whom, for how long, and until what."""

import asyncio
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from a2wsgi.asgi_typing import ASGIApp, Receive, Scope, Send
from django.conf import settings

from dashboard import answers, streams
from dashboard.hub import hub
from jobs import attention, people
from jobs.attention import Kind
from jobs.models import Membership, Policy, Project, Role, User
from jobs.projects import Actor
from jobs.stale import announce
from tests.conftest import AT, MakeProject
from tests.dashboard.reading import FRAGMENT
from tests.factories import make_job
from tests.live import Server, session_of, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


class Board:
    """A whole web process that notes which pages Django made; ``with_stream``: somebody follows changes."""

    def __init__(self) -> None:
        from dashboard.asgi import plain_pages

        self.made: list[str] = []
        self.slow = 0.0
        self.pages = plain_pages
        self.browsers = ExitStack()
        self.answers = answers.Answers(self.noted)
        self.server = Server(self.application())

    def application(self) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                self.hub = hub()
                app = streams.application if scope["path"].startswith("/stream/") else self.answers
                await app(scope, receive, send)

        return answer

    async def noted(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.made.append(scope["path"])
        await asyncio.sleep(self.slow)
        await self.pages(scope, receive, send)

    def browser(self, user: User) -> httpx.Client:
        cookies = {settings.SESSION_COOKIE_NAME: session_of(user)}
        return self.browsers.enter_context(httpx.Client(base_url=self.server.url, cookies=cookies, timeout=60))


@pytest.fixture
def quiet_board(redis_client: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    monkeypatch.setattr(answers, "SECONDS", 600.0)
    board = Board()
    with board.server, board.browsers:
        yield board


@pytest.fixture
def board(quiet_board: Board, superuser: User) -> Iterator[Board]:
    with quiet_board.browser(superuser).stream("GET", "/stream/", timeout=60) as stream:
        lines = stream.iter_lines()
        while not next(lines).startswith("data:"):  # from now on changes are heard
            pass
        yield quiet_board


def fragment(browser: httpx.Client, path: str = "/", **headers: str) -> httpx.Response:
    return browser.get(path, headers=FRAGMENT | headers)


def heard(board: Board, project: Project) -> None:
    """A job came in; the process knows."""
    make_job(project)
    Project.objects.filter(pk=project.pk).update(version=time.time_ns())
    before = board.hub.heard
    announce(project.pk, [1], version=1)
    wait_until(lambda: board.hub.heard > before)


@pytest.fixture
def vera(project: Project) -> User:
    """A second viewer of ``project``."""
    made = User.objects.create_user("vera")
    Membership.objects.create(user=made, project=project, role=Role.VIEWER)
    return made


def test_the_same_is_made_once_for_all_who_see_the_same(board: Board, victor: User, vera: User) -> None:
    first, second = board.browser(victor), board.browser(vera)
    texts = [fragment(browser).text for browser in (first, second, first, second, second)]

    assert len(set(texts)) == 1
    assert board.made == ["/", "/"]  # each was asked once who they are


def test_who_has_it_already_gets_304(board: Board, victor: User) -> None:
    browser = board.browser(victor)
    tag = fragment(browser).headers["ETag"]

    again = fragment(browser, **{"If-None-Match": tag})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert board.made == ["/"]


def test_after_a_signal_it_is_made_anew(board: Board, victor: User, project: Project) -> None:
    browser = board.browser(victor)
    fragment(browser)
    heard(board, project)

    assert fragment(browser).text.count("<tr id=") == 1


def test_views_are_told_apart(board: Board, victor: User, project: Project) -> None:
    make_job(project, display_name="nightly")
    browser = board.browser(victor)

    for path in ("/", "/?q=nightly", "/?q=weekly", "/?q=weekly", "/?q=nightly"):
        assert ("nightly</bdi>" in fragment(browser, path).text) == ("weekly" not in path)
    assert len(board.made) == 3


def test_nothing_reaches_who_sees_less(
    board: Board, victor: User, stranger: User, superuser: User, project: Project, make_project: MakeProject
) -> None:
    make_job(make_project("secret"))
    make_job(project)

    people = (superuser, victor, stranger)
    seen = [fragment(board.browser(user)).text.count("<tr id=") for user in (*people, *reversed(people))]

    assert seen == [2, 1, 0, 0, 1, 2]


def test_what_an_operator_may_do_is_not_offered_to_a_viewer(
    board: Board, olga: User, victor: User, project: Project
) -> None:
    make_job(project)

    refused = [fragment(board.browser(user)).text.count("disabled") for user in (olga, victor, olga, victor)]

    assert refused[:2] == refused[2:]
    assert refused[0] < refused[1]


def test_troubles_of_a_policy_are_counted_for_its_owner_only(
    board: Board, victor: User, vera: User, project: Project
) -> None:
    policy = Policy.objects.create(owner=victor, name="tidy", action="delete", older_than_days=30, created_at=AT)
    attention.report(Kind.OPERATION, f"policy/{policy.pk}", at=AT, title="It asks")
    browsers = [board.browser(user) for user in (victor, vera)] * 2

    badges = [re.findall(r'hx-swap-oob="true"\s+(?:hidden)?>(\d+)<', fragment(browser).text) for browser in browsers]

    assert badges == [["1"], ["0"], ["1"], ["0"]]


def test_a_right_taken_away_holds_only_some_seconds(
    board: Board, victor: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "SECONDS", 0.0)
    make_job(project)
    browser = board.browser(victor)
    assert "<tr id=" in fragment(browser).text

    Membership.objects.filter(user=victor).update(role=Role.VIEWER, project=Project.objects.create(name="other"))

    assert "<tr id=" not in fragment(browser).text


def test_a_right_taken_away_by_another_process_is_gone_at_once(
    board: Board, victor: User, superuser: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "SECONDS", 3600.0)
    make_job(project)
    browser = board.browser(victor)
    assert "<tr id=" in fragment(browser).text

    people.revoke(Membership.objects.get(user=victor), by=Actor(superuser, AT))

    wait_until(lambda: "<tr id=" not in fragment(browser).text)


def test_rights_of_one_person_are_no_matter_to_others(
    board: Board, victor: User, vera: User, superuser: User, project: Project
) -> None:
    browsers = [board.browser(user) for user in (victor, vera)]
    for browser in browsers:
        fragment(browser)
    asked = len(board.made)

    people.grant(victor, project, Role.ADMIN, by=Actor(superuser, AT))
    wait_until(lambda: bool(fragment(browsers[0])) and len(board.made) > asked)
    fragment(browsers[1])

    assert board.made[asked:].count("/") <= 2  # one for each of the two audiences


def test_who_signs_out_gets_nothing_more(board: Board, victor: User, project: Project) -> None:
    browser = board.browser(victor)
    token = browser.get("/accounts/logout/").cookies["csrftoken"]
    fragment(browser)
    session = dict(browser.cookies)

    left = browser.post(
        "/accounts/logout/", data={"csrfmiddlewaretoken": token}, headers={"Referer": str(browser.base_url)}
    )
    answer = httpx.get(f"{browser.base_url}", headers=FRAGMENT, cookies=session, timeout=60)

    assert left.status_code == 302
    assert (answer.headers.get("HX-Refresh"), "<tr" in answer.text) == ("true", False)


def test_without_a_stream_django_is_asked_each_time(quiet_board: Board, victor: User) -> None:
    browser = quiet_board.browser(victor)

    assert {fragment(browser).status_code for _ in range(3)} == {200}
    assert quiet_board.made == ["/", "/", "/"]


def test_a_page_opened_whole_is_always_made(board: Board, victor: User) -> None:
    browser = board.browser(victor)
    for _ in range(2):
        answer = browser.get("/")
        fragment(browser)

    assert "<html" in answer.text
    assert board.made == ["/", "/", "/"]


def test_whom_it_is_for_is_told_to_nobody(board: Board, victor: User) -> None:
    browser = board.browser(victor)

    said = [fragment(browser), fragment(browser), browser.get("/"), browser.get("/", headers={"HX-Request": "true"})]

    assert ["x-audience" in answer.headers for answer in said] == [False] * 4


def test_those_who_come_meanwhile_wait_for_the_same(board: Board, victor: User, project: Project) -> None:
    browser = board.browser(victor)
    fragment(browser)
    heard(board, project)
    board.slow, board.made = 0.3, []

    found = at_once(board, browser, ["/"] * 20)

    assert {answer.text.count("<tr id=") for answer in found} == {1}
    assert board.made == ["/"]


def test_tabs_of_a_new_browser_wait_to_be_told_who_they_are(board: Board, victor: User, project: Project) -> None:
    make_job(project, display_name="nightly")
    board.slow = 0.3

    found = at_once(board, board.browser(victor), ["/?q=nightly", "/?q=weekly"] * 10)

    assert [answer.text.count("<tr id=") for answer in found] == [1, 0] * 10
    assert board.made == ["/", "/"]


def test_tabs_that_share_nothing_are_all_answered(board: Board, victor: User) -> None:
    board.slow = 0.1

    found = at_once(board, board.browser(victor), ["/nowhere/"] * 5)

    assert [answer.status_code for answer in found] == [404] * 5
    assert board.made == ["/nowhere/"] * 5


def at_once(board: Board, browser: httpx.Client, paths: list[str]) -> list[httpx.Response]:
    """Of as many tabs of one browser."""

    async def fetch() -> list[httpx.Response]:
        cookies = dict(browser.cookies)
        async with httpx.AsyncClient(base_url=board.server.url, cookies=cookies, headers=FRAGMENT, timeout=60) as many:
            return await asyncio.gather(*(many.get(path) for path in paths))

    with ThreadPoolExecutor(1) as thread:  # in this one a browser of other tests may have its loop
        return thread.submit(asyncio.run, fetch()).result()
