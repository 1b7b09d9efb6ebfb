"""A large board, deterministic: projects of very different sizes, states as they are in the field, years of jobs."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from jobs import bulk
from jobs.models import BatchJob, Project, StateCount
from jobs.providers.base import RemoteJob
from jobs.states import TERMINAL, Counts, State
from jobs.sync.merge import NEW
from jobs.sync.rows import observe, values

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHUNK = 10_000
MODELS = {
    "gemini-2.5-flash": 60,
    "gemini-2.5-pro": 20,
    "gemini-embedding-001": 12,
    "gemini-3-pro-preview": 7,
    "tuned-7": 1,
}
STATES = {
    State.SUCCEEDED: 9300,
    State.PARTIAL: 300,
    State.FAILED: 200,
    State.CANCELLED: 120,
    State.EXPIRED: 60,
    State.RUNNING: 12,
    State.QUEUED: 7,
    State.UNKNOWN: 1,
}
NAMES = [
    "nightly-catalog",
    "eval-safety",
    "embeddings-backfill",
    "support-triage",
    "recipes",
    "long-docs",
    "translation",
]


def fill(jobs: int, projects: int) -> None:
    """Store that many; the n-th project is about n times smaller than the first."""
    synced = {"last_success_at": NOW, "last_full_at": NOW, "covered_since": NOW}
    made = [Project(name=f"project-{number:03}", provider="gemini", **synced) for number in range(projects)]
    Project.objects.bulk_create(made)
    shares = [1 / (number + 1) for number in range(projects)]
    chance = random.Random(7)
    tally: Counter[tuple[int, str, str]] = Counter()
    for start in range(0, jobs, CHUNK):
        with transaction.atomic():
            rows = list(_rows(chance, made, shares, start, min(CHUNK, jobs - start), tally))
            bulk.insert(BatchJob, NEW, rows)
    StateCount.objects.bulk_create(
        StateCount(project_id=pk, model=model, state=state, jobs=number) for (pk, model, state), number in tally.items()
    )


def _rows(
    chance: random.Random, made: list[Project], shares: list[float], start: int, number: int, tally: Any
) -> Iterator[tuple[Any, ...]]:
    ids = bulk.reserve_ids(BatchJob, number)
    owners = chance.choices(made, shares, k=number)
    for pk, owner, offset in zip(ids, owners, range(start, start + number), strict=True):
        job = _job(chance, offset)
        seen = observe(job, job.name.encode(), None, at=NOW)
        tally[owner.pk, job.model, seen.state.value] += 1
        yield (pk, owner.pk, job.name, NOW, *values(seen, first_seen=NOW, at=NOW))


def _job(chance: random.Random, number: int) -> RemoteJob:
    (state,) = chance.choices(list(STATES), list(STATES.values()))
    (model,) = chance.choices(list(MODELS), list(MODELS.values()))
    age = chance.uniform(0, 2) if state not in TERMINAL else chance.uniform(0, 700)
    created = NOW - timedelta(days=age)
    queue, run = timedelta(seconds=chance.expovariate(1 / 600)), timedelta(seconds=chance.expovariate(1 / 3600))
    total = int(10 ** chance.uniform(1, 5))
    failed = total if state is State.FAILED else chance.randint(1, total // 2) if state is State.PARTIAL else 0
    finished = state in TERMINAL
    return RemoteJob(
        name=f"batches/{chance.getrandbits(180):036x}{number}",
        reported=State.SUCCEEDED if state is State.PARTIAL else state,
        provider_state=f"BATCH_STATE_{state.name}",
        display_name=f"{chance.choice(NAMES)}-{number % 9973}",
        model=model,
        counts=Counts(total, total - failed if finished else 0, failed, 0 if finished else total - failed),
        created_at=created,
        started_at=created + queue if state is not State.QUEUED else None,
        ended_at=created + queue + run if finished else None,
        error_message="Internal error encountered." if state is State.FAILED else "",
        source=f"files/{number:012}",
    )
