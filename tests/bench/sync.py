"""Sync of 10,000 jobs against the official SDK merely listing them, from the same server in the same run."""

import statistics
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.bench.tools import board, median, say, simulator

JOBS = 10_000
ROUNDS = 5


def main(database: str) -> None:
    with board(database), simulator(JOBS) as world:
        measure(database, world["base_url"], world["accounts"][0]["key"])


def measure(database: str, base_url: str, key: str) -> None:
    """Round by round, so that what else the machine does falls on all alike."""
    project = added(base_url, key)
    works: dict[str, Callable[[], object]] = {
        "google-genai lists 10,000 jobs (page 100)": partial(list_by_sdk, base_url, key),
        "the same pages by a bare httpx client (the server's share)": partial(list_bare, base_url, key),
        f"first sync, {database}": partial(synced, project, JOBS),
        f"full sync, nothing changed, {database}": partial(synced, project, 0),
        f"incremental sync, nothing changed, {database}": partial(synced, project, 0, full=False),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        forget_jobs(project)
        for name, work in works.items():
            # The first read after a bulk write settles the database's own books; polls come after it.
            settle = partial(synced, project, 0) if name.startswith("full") else None
            taken[name].append(median(work, 1, before=settle or (lambda: None)))
    tell(database, {name: statistics.median(times) for name, times in taken.items()})
    tables = {sql.split()[1] for sql in writes_of(project)}
    say("tables written when nothing changed", ", ".join(sorted(tables)), "1 row", holds=tables == {'"jobs_project"'})


def tell(database: str, medians: dict[str, float]) -> None:
    reference = next(iter(medians.values()))
    most = {"first": {"sqlite": 2.0, "postgresql": 3.0}[database], "full": 0.3}
    for name, seconds in medians.items():
        ratio, hold = seconds / reference, most.get(name.split()[0])
        verdict = {"hold": f"<= {hold} x", "holds": ratio <= hold} if hold else {}
        say(name, f"{seconds:.3f} s = {ratio:.2f} x", **verdict)  # type: ignore[arg-type]


def writes_of(project: Any) -> list[str]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        synced(project, 0)
    return written(queries)


def written(queries: Any) -> list[str]:
    return [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def list_by_sdk(base_url: str, key: str) -> None:
    from google import genai

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = genai.Client(api_key=key, http_options={"base_url": base_url})
        assert sum(1 for _ in client.batches.list(config={"page_size": 100})) == JOBS


def list_bare(base_url: str, key: str) -> None:
    import httpx

    with httpx.Client(headers={"x-goog-api-key": key}) as client:
        token = None
        while token != "":
            params = {"pageSize": "100"} | ({"pageToken": token} if token else {})
            token = client.get(f"{base_url}/v1beta/batches", params=params).json().get("nextPageToken", "")


def added(base_url: str, key: str) -> Any:
    from django.utils import timezone

    from jobs import projects
    from jobs.credentials import Credential

    draft = projects.Draft("Bench", "gemini", base_url=base_url)
    return projects.add(draft, Credential("api_key", key), by=projects.Actor(None, timezone.now()), any_host=True)


def synced(project: Any, created: int, *, full: bool = True) -> None:
    from django.utils import timezone

    from jobs.sync import sync_project

    report = sync_project(project.pk, now=timezone.now, full=full)
    assert report is not None
    assert (report.created, report.errors) == (created, []), report


def forget_jobs(project: Any) -> None:
    """Back to a board that never saw a job, in its files too: it is the first sync that is measured."""
    from django.db import connection

    from jobs.models import StateCount

    project.jobs.all().delete()
    StateCount.objects.all().delete()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO jobs_search(jobs_search) VALUES ('rebuild')")
        cursor.execute("VACUUM")


if __name__ == "__main__":
    main(sys.argv[1])
