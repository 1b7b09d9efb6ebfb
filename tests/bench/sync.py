"""Sync of 10,000 jobs against the official SDK merely listing them, from the same server in the same run."""

import sys
import warnings
from functools import partial
from typing import Any

from tests.bench.tools import board, median, say, simulator

JOBS = 10_000


def main(database: str) -> None:
    with board(database), simulator(JOBS) as world:
        account = world["accounts"][0]
        reference = median(partial(list_by_sdk, world["base_url"], account["key"]), 3)
        say("google-genai lists 10,000 jobs (page 100)", f"{reference:.3f} s", "the reference")
        bare = median(partial(list_bare, world["base_url"], account["key"]), 3)
        say("the same pages by a bare httpx client (the server's share)", f"{bare:.3f} s")
        measure(database, world["base_url"], account["key"], reference)


def measure(database: str, base_url: str, key: str, reference: float) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    project = added(base_url, key)
    first = median(partial(synced, project, JOBS), 3, before=partial(forget_jobs, project)) / reference
    most = {"sqlite": 2, "postgresql": 3}[database]
    say(
        f"first sync, {database}",
        f"{first:.3f} s = {first / reference:.2f} x",
        f"<= {most} x",
        holds=first <= most * reference,
    )
    unchanged = median(partial(synced, project, 0))
    ratio = unchanged / reference
    say(f"full sync, nothing changed, {database}", f"{unchanged:.3f} s = {ratio:.2f} x", "<= 0.3 x", holds=ratio <= 0.3)
    with CaptureQueriesContext(connection) as queries:
        synced(project, 0)
    tables = {sql.split()[1] for sql in written(queries)}
    say("tables written by it", ", ".join(sorted(tables)), "1 row", holds=tables == {'"jobs_project"'})
    quick = median(partial(synced, project, 0, full=False))
    say(f"incremental sync, nothing changed, {database}", f"{quick:.3f} s = {quick / reference:.3f} x")


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
    from jobs.models import StateCount

    project.jobs.all().delete()
    StateCount.objects.all().delete()


if __name__ == "__main__":
    main(sys.argv[1])
