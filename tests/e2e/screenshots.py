"""``make screenshots``: the pictures of the documentation, taken from the demo by the browser the tests use."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from jobs.simulator.serve import listen
from tests.e2e.chromium import ARGUMENTS, CHROMIUM

TARGET = Path("docs/screenshots")
WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 400, "height": 860}
WATCHED_SECONDS = 60  # long enough for running jobs to have a curve


def main() -> None:
    with tempfile.TemporaryDirectory() as data, demo(data) as (address, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        watcher = signed_in(browser, address, password, "light", WIDE)
        watcher.wait_for_timeout(WATCHED_SECONDS * 1000)
        pages = {"jobs": "/", "timeline": "/timeline/", "job": longest_running(watcher), "projects": "/projects/"}
        for scheme in ("light", "dark"):
            take(signed_in(browser, address, password, scheme, WIDE), address, pages, f"-{scheme}")
        take(signed_in(browser, address, password, "light", NARROW), address, pages, "-narrow")
        browser.close()


@contextmanager
def demo(data: str) -> Iterator[tuple[str, str]]:
    """The whole demo on a free port; yields its address and password."""
    with listen("127.0.0.1", 0) as free:
        port = str(free.getsockname()[1])
    environment = os.environ | {"BATCHBOARD_DATA": data, "PORT": port}
    command = [sys.executable, "manage.py", "up", "--demo"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield greeting(child)
    finally:
        child.terminate()
        child.communicate(timeout=30)


def greeting(child: "subprocess.Popen[str]") -> tuple[str, str]:
    said = ""
    assert child.stdout is not None
    while not (found := re.search(r"(http://\S+)\n.*password “(.+?)”", said)):
        line = child.stdout.readline()
        if not line:
            raise SystemExit(f"The demo did not start: {said}")
        said += line
    return found[1], found[2]


def signed_in(browser: Browser, address: str, password: str, scheme: str, size: dict[str, int]) -> Page:
    page = browser.new_page(color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
    page.goto(f"{address}/accounts/login/")
    page.get_by_label("User").fill("demo")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")
    return page


def longest_running(page: Page) -> str:
    """The path of a running job that has been counted up for a while."""
    page.goto(page.url.split("?")[0] + "?state=running&sort=requests")
    return page.locator("tbody tr a").first.get_attribute("href") or "/"


def take(page: Page, address: str, pages: dict[str, str], suffix: str) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, path in pages.items():
        page.goto(address + path)
        page.wait_for_timeout(500)
        page.screenshot(path=TARGET / f"{name}{suffix}.png")
    page.close()


if __name__ == "__main__":
    main()
