"""The timeline of a large board: a day anywhere in its history, by the server alone; 5,000 jobs until they are seen."""

import os
import random
import sys
import time
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.bench.lists import fetch, signed_in, tidy
from tests.bench.tools import board, p95, say
from tests.e2e.chromium import ARGUMENTS, CHROMIUM

DAYS, LONG_TIMES, TIMES = 40, 5, 12
HOLD_MS, HOLD_LONG_MS, HOLD_SEEN_SECONDS = 200, 1_000, 1.0
PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"


def main(database: str, jobs: int) -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop lives in this thread, beside plain queries
    with board(database):
        from jobs.models import User
        from tests.bench.rows import fill

        started = time.perf_counter()
        fill(jobs, 500)
        tidy(database)
        say(f"{jobs:,} jobs in 500 projects stored", f"{time.perf_counter() - started:.0f} s")
        measure_days(signed_in(User.objects.create_superuser("bench")))
        measure_seen(jobs)


def window(end: datetime, length: timedelta) -> str:
    return f"from={end - length:%Y-%m-%dT%H:%MZ}&to={end:%Y-%m-%dT%H:%MZ}"


def measure_days(browser: Any) -> None:
    """Days from all over the history, by project, by model and with filters."""
    from tests.bench.rows import NOW

    chance = random.Random(11)
    for name, query in (
        ("no filter", ""),
        ("by model", "group=model"),
        ("state failed", "state=failed"),
        ("search", "q=triage"),
    ):
        days = [NOW - timedelta(minutes=chance.randrange(700 * 1440)) for _ in range(DAYS)]
        urls = [f"/timeline/?{query}&{window(end, timedelta(days=1))}" for end in [NOW, *days]]
        fetch(browser, urls[0])
        times = [fetch(browser, url) for url in urls]
        value = f"p95 {p95(times):.0f} ms"
        say(f"a day, {name}", value, f"<= {HOLD_MS} ms; now: {times[0]:.0f} ms", holds=p95(times) <= HOLD_MS)
    for days_long in (7, 30):
        url = f"/timeline/?{window(NOW, timedelta(days=days_long))}"
        fetch(browser, url)
        slowest = max(fetch(browser, url) for _ in range(LONG_TIMES))
        holds = slowest <= HOLD_LONG_MS
        say(f"the last {days_long} days", f"at most {slowest:.0f} ms", f"<= {HOLD_LONG_MS} ms", holds=holds)


def measure_seen(jobs: int) -> None:
    """From the click to the picture: the server's work, the way, and the browser's."""
    from dashboard.asgi import application
    from tests.bench.rows import NOW
    from tests.live import Server

    days = timedelta(days=700 * 5_500 / jobs)
    with Server(application) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = opened(browser, server.url)
        taken = [seen(page, f"/timeline/?group=project&{window(NOW - step * days, days)}") for step in range(TIMES)]
        browser.close()
    drawn = min(number for number, _, _ in taken)
    whole, server_share = [seconds for _, seconds, _ in taken], [seconds for _, _, seconds in taken]
    value = f"p95 {p95(whole):.2f} s"
    facts = f"<= {HOLD_SEEN_SECONDS} s; at least {drawn:,} bars; until the first byte p95 {p95(server_share):.2f} s"
    say("some 5,500 jobs, clicked → painted", value, facts, holds=p95(whole) <= HOLD_SEEN_SECONDS)


def opened(browser: Any, url: str) -> Page:
    from django.conf import settings

    from jobs.models import User
    from tests.live import session_of

    context = browser.new_context(base_url=url, viewport={"width": 1400, "height": 900})
    session = session_of(User.objects.get(username="bench"))
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])
    page: Page = context.new_page()
    page.add_init_script("sessionStorage.setItem('paused', '1')")
    page.goto("/projects/")
    return page


def seen(page: Page, url: str) -> tuple[int, float, float]:
    """How many bars, the seconds until they were painted, and of those until the first byte came."""
    page.goto(url)
    painted = page.evaluate(PAINTED)
    first = page.evaluate("performance.getEntriesByType('navigation')[0].responseStart")
    return page.locator(".bars a").count(), painted / 1000, first / 1000


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
