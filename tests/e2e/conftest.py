"""A real browser on a real server: ``live_url``, ``page_for(user)``, ``axe(page)``."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from jobs.models import User
from tests.e2e.chromium import ARGUMENTS, CHROMIUM
from tests.live import Server, session_of

PageFor = Callable[..., Page]
Check = Callable[[Page], None]


@pytest.fixture
def live_url(transactional_db: None, redis_client: object) -> Iterator[str]:
    """The address of a whole web process on the test database, whose rows are committed."""
    from dashboard.asgi import application

    with Server(application) as server:
        yield server.url
    connections.close_all()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright's loop lives in this thread, where Django would refuse the ORM for it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page_for(browser: Browser, live_url: str) -> Iterator[PageFor]:
    """``page_for(user, color_scheme="dark", …)``: a page in which ``user`` is signed in; nobody is for None.

    Nothing moves, lest a colour be measured half-way. When the test ends, anything on the console (an error, a
    refused script or style) fails it, but for what holds ``may_say``.
    """
    said: list[str] = []
    contexts = []

    def page_for(user: User | None, *, may_say: str = "", **options: Any) -> Page:
        context = browser.new_context(base_url=live_url, **{"reduced_motion": "reduce"} | options)
        contexts.append(context)
        if user:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": live_url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: _note(message, said, may_say))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        return page

    yield page_for
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture
def axe() -> Check:
    """``axe(page)`` fails with what axe-core finds on the page as it stands."""

    def check(page: Page) -> None:
        violations = Axe().run(page).response["violations"]
        found = [f"{rule['id']}: {node['html'][:200]}" for rule in violations for node in rule["nodes"]]
        assert found == []

    return check


def _note(message: ConsoleMessage, said: list[str], may_say: str) -> None:
    expected = may_say and may_say in message.text
    if message.type in ("error", "warning") and not expected:
        said.append(f"{message.type}: {message.text} ({message.location['url']})")
