"""Taking the pictures, and the index of those that documentation shows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from dashboard.asgi import application
from tests.e2e.chromium import ARGUMENTS, CHROMIUM
from tests.live import Server, session_of

from . import story
from .documentation import DOCS, index
from .pages import PICTURES, Picture, stand
from .world import World, opened

WEB_PORT = 8640
SAME = ["--disable-lcd-text", "--disable-partial-raster"]  # else edges depend on which part was painted first
LOOKS_FOR_NEWS = 50  # times, until it must have come
DESK, PHONE = {"width": 1400, "height": 900}, {"width": 400, "height": 860}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESK},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "narrow": {"viewport": PHONE},
    "smallest": {"viewport": {"width": 360, "height": 740}},
    "wall": {"viewport": {"width": 2560, "height": 1300}},
    "print": {"viewport": {"width": 1000, "height": 1400}},
}


def take_all(names: Sequence[str], looks: Sequence[str], to: Path, seed: str, *, docs: bool) -> None:
    """Take the pictures ``names``, all if none are named, into the folder ``to``."""
    chosen = [picture for picture in PICTURES if not names or picture.name in names]
    with opened(seed) as world, web() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *SAME])
        album = Album(browser, address, world, looks, to, docs=docs)
        for stage, tell in story.STAGES.items():
            tell(world)
            for picture in chosen:
                if picture.stage == stage:
                    album.take(picture)
        browser.close()
    if docs:
        (DOCS / "README.md").write_text(index())


@contextmanager
def web() -> Iterator[str]:
    """The pages on a port that stays the same, because links in pictures name it."""
    server = Server(application)
    server.config.port = WEB_PORT
    with server:
        yield server.url
    connections.close_all()


@dataclass
class Album:
    browser: Browser
    address: str
    world: World
    looks: Sequence[str]
    to: Path
    docs: bool
    visits: dict[tuple[str, str], BrowserContext] = field(default_factory=dict)

    def take(self, picture: Picture) -> None:
        for look in self.looks:
            page = self._page(picture.who, look)
            _open(page, self.address + picture.path(self.world))
            picture.then(page)
            place = self.to / look / f"{picture.name}.png"
            page.screenshot(path=place, full_page=picture.then is stand, animations="disabled")
            if self.docs and look in picture.kept:
                page.screenshot(path=DOCS / "screenshots" / f"{picture.name}-{look}.png", animations="disabled")
            page.close()

    def _page(self, who: str, look: str) -> Page:
        if (who, look) not in self.visits:
            self.visits[who, look] = self._visit(who, look)
        page = self.visits[who, look].new_page()
        page.clock.set_fixed_time(self.world.now)
        if look == "print":
            page.emulate_media(media="print")
        return page

    def _visit(self, who: str, look: str) -> BrowserContext:
        """A browser in which ``who`` is signed in; nobody is for ""."""
        context = self.browser.new_context(reduced_motion="reduce", timezone_id="UTC", locale="en-GB", **LOOKS[look])
        if who:
            session = session_of(self.world.person(who))
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.address}])
        return context


def _open(page: Page, address: str) -> None:
    """Until a page that is live has looked for news, which it does once it is connected: it then stands still."""
    asked: list[Request] = []
    page.on("requestfinished", lambda request: asked.append(request) if "hx-request" in request.headers else None)
    page.goto(address)
    if page.locator("#live").count():
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        for _ in range(LOOKS_FOR_NEWS):
            page.wait_for_timeout(100)
            if asked:
                break
        page.wait_for_timeout(300)
    else:
        page.wait_for_load_state("networkidle")
