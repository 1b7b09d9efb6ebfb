"""A real browser on a real server: ``live_url``, ``page_for(user)``, ``axe(page)``, ``looks(page, address)``."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from jobs.models import User
from tests.e2e.chromium import ARGUMENTS, CHROMIUM
from tests.live import Server, session_of

PageFor = Callable[..., Page]
Check = Callable[[Page], None]
Look = Callable[[Page, str], None]
PATIENCE = 30_000  # ms, on a busy machine
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=360, height=800)
FOLLOWING = "sessionStorage.paused = location.pathname.startsWith('%s') ? '0' : '1'"
# Parts of a page that htmx fetches by the clock stay as they are.
STILL = """document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.getAttribute("hx-trigger")?.startsWith("every")) event.preventDefault();
})"""
OF_COLOURS = ["color-contrast", "link-in-text-block"]
expect.set_options(timeout=PATIENCE)


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

    Nothing moves, lest a colour be measured half-way; pages follow no changes until resumed, but for those below the
    path ``live``. When the test ends, anything on the console (an error, a refused script or style) fails it, but for
    what holds ``may_say``.
    """
    said: list[str] = []
    contexts = []

    def page_for(user: User | None, *, live: str = "nowhere", may_say: str = "", **options: Any) -> Page:
        context = browser.new_context(base_url=live_url, **{"reduced_motion": "reduce"} | options)
        contexts.append(context)
        context.add_init_script(FOLLOWING % live)
        if user:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": live_url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
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
    return found_nothing


@pytest.fixture
def looks() -> Look:
    """``looks(page, address)``: accessible wide and narrow, light and dark, and nothing sticks out sideways."""

    def check(page: Page, address: str) -> None:
        page.goto(address)
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme="light")
            found_nothing(page)
            page.emulate_media(color_scheme="dark")
            found_nothing(page, runOnly=OF_COLOURS)
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), (address, size)

    return check


def found_nothing(page: Page, **options: Any) -> None:
    page.evaluate(STILL)
    violations = Axe().run(page, options={"resultTypes": ["violations"]} | options).response["violations"]
    assert [f"{rule['id']}: {node['html'][:200]}" for rule in violations for node in rule["nodes"]] == []


def _note(message: ConsoleMessage, said: list[str], may_say: str) -> None:
    expected = may_say and may_say in message.text
    if message.type in ("error", "warning") and not expected:
        said.append(f"{message.type}: {message.text} ({message.location['url']})")
