"""The list page of a large board: every sort × filter, first and 20,000 rows deep, against the bare driver query."""

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

from tests.bench.tools import board, median, p95, say

DEEP = 20_000
TIMES = 12
HOLD_MS, COUNTS_MS = 50, 20
SORTS = ("created", "ended", "requests", "failed", "duration")


def main(database: str, jobs: int) -> None:
    with board(database):
        from tests.bench.rows import fill

        started = time.perf_counter()
        fill(jobs, 500)
        tidy(database)
        say(f"{jobs:,} jobs in 500 projects stored", f"{time.perf_counter() - started:.0f} s")
        measure(filters())


def tidy(database: str) -> None:
    """What PostgreSQL does by itself after a while; SQLite has no statistics in production either."""
    from django.db import connection

    if database == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def filters() -> dict[str, str]:
    """Query strings: large, middling and small answers of each kind."""
    from jobs.models import Project

    large, middle, small = (Project.objects.get(name=f"project-{number:03}").pk for number in (0, 20, 400))
    return {
        "no filter": "",
        "project": f"project={large}",
        "project, middling": f"project={middle}",
        "project, small": f"project={small}",
        "state failed": "state=failed",
        "state running": "state=running",
        "state succeeded": "state=succeeded",
        "project+state": f"project={large}&state=failed",
        "project+state, middling": f"project={middle}&state=partial",
        "project+state, rare": f"project={large}&state=running",
        "model": "model=gemini-2.5-pro",
        "model, rare": "model=tuned-7",
        "search": "q=triage",
        "search, few": "q=triage-777",
        "search, none": "q=zzzyx",
        "search, 2 characters": "q=ni",
    }


def measure(chosen: dict[str, str]) -> None:
    import dashboard.asgi  # noqa: F401 (its process has settled, as one that serves pages)
    from jobs.models import User

    person = User.objects.create_superuser("bench")
    browser = signed_in(person)
    every: list[float] = []
    for name, query in chosen.items():
        pages = dict(of_all_sorts(browser, query))
        times = [one for timed in pages.values() for one in timed]
        worst = max(pages, key=lambda page: statistics.median(pages[page]))
        bare, counts = bare_query(query), counts_alone(person, query)
        every += times
        value = f"p95 {p95(times):.0f} ms"
        slowest = f"{worst}: median {statistics.median(pages[worst]):.0f} ms"
        holds = p95(times) <= HOLD_MS and counts <= COUNTS_MS
        facts = f"slowest by {slowest}; bare query {bare:.1f} ms, counts {counts:.1f} ms"
        say(f"{name}: 5 sorts, first and deep", value, facts, holds=holds)
    say("all of them", f"p95 {p95(every):.0f} ms", f"<= {HOLD_MS} ms", holds=p95(every) <= HOLD_MS)


def signed_in(person: Any) -> Any:
    from django.conf import settings
    from django.test import Client

    browser = Client(SERVER_NAME="localhost")
    browser.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return browser


def of_all_sorts(browser: Any, query: str) -> Iterator[tuple[str, list[float]]]:
    """What is measured, and the milliseconds it took."""
    for sort in SORTS:
        for place, cursor in (("first", ""), ("deep", deep_cursor(query, sort))):
            url = f"/?{query}&sort={sort}{cursor}"
            fetch(browser, url)
            yield f"{sort}, {place}", [fetch(browser, url) for _ in range(TIMES)]


def fetch(browser: Any, url: str) -> float:
    """Milliseconds of server time for the whole page, sign-in check and rendering included."""
    started = time.perf_counter()
    answer = browser.get(url)
    taken = (time.perf_counter() - started) * 1000
    assert answer.status_code == 200, answer
    return taken


def chosen_jobs(query: str, sort: str) -> tuple[Any, Any]:
    from django.http import QueryDict

    from jobs.filters import JobFilter
    from jobs.models import BatchJob
    from tests.bench.rows import NOW

    found = JobFilter.parse(QueryDict(f"{query}&sort={sort}"))
    return found, found.apply(BatchJob.objects.listed(), at=NOW)


def deep_cursor(query: str, sort: str) -> str:
    """The place 20,000 rows down, or half-way of a smaller answer."""
    from jobs.paging import Cursor

    found, jobs = chosen_jobs(query, sort)
    rows = found.order.sort(jobs.only("id", found.order.field))
    here = rows[DEEP : DEEP + 1] or rows[jobs.count() // 2 :][:1]
    return f"&after={Cursor.of(here[0], found.order)}" if here else ""


def bare_query(query: str) -> float:
    """Milliseconds of the driver alone for the same 50 rows, newest first."""
    from django.db import connection

    found, jobs = chosen_jobs(query, "created")
    sql, parameters = found.order.sort(jobs)[:50].query.sql_with_params()
    with closing(connection.cursor()) as cursor:
        return median(lambda: cursor.execute(sql, parameters).fetchall(), TIMES) * 1000


def counts_alone(person: Any, query: str) -> float:
    from dashboard.board import Board
    from jobs.counts import count
    from tests.bench.rows import NOW

    found, _ = chosen_jobs(query, "created")
    here = Board.of(person)
    return median(partial(count, here.jobs, found, None if here.whole else here.projects, at=NOW), TIMES) * 1000


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
