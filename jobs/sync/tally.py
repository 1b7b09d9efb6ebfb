"""The exact counts by project, model and state, moved in the same transaction as the rows they count."""

from collections import Counter
from collections.abc import Iterable

from django.db import connection

from jobs.models import BatchJob, Project

from .rows import Observation

Tally = Counter[tuple[str, str]]  # (model, state) → how many more

_ADD = """
INSERT INTO jobs_statecount (project_id, model, state, jobs) VALUES (%s, %s, %s, %s)
ON CONFLICT (project_id, model, state) DO UPDATE SET jobs = jobs_statecount.jobs + excluded.jobs
"""


def of_observations(seen: Iterable[Observation]) -> Tally:
    tally: Tally = Counter()
    for one in seen:
        tally[one.remote.model, one.state.value] += 1
        if one.known and one.known.gone_at is None:
            tally[one.known.model, one.known.state] -= 1
    return tally


def of_gone(jobs: Iterable[BatchJob]) -> Tally:
    tally: Tally = Counter()
    tally.subtract((job.model, job.state) for job in jobs)
    return tally


def add(project: Project, tally: Tally) -> None:
    """In key order, so that two transactions never wait for each other crosswise."""
    rows = [(project.pk, *key, more) for key, more in sorted(tally.items()) if more]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_ADD, rows)
