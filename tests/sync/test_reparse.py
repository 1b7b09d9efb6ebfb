"""Stored answers read anew: rows and counts follow, and a sync that runs beside it is not undone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from jobs import counts
from jobs.models import StateCount
from jobs.sync import merge
from jobs.sync.reparse import reparse

from .conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)


def test_counts_follow_what_reads_differently(watched: Watched) -> None:
    made = watched.account.add_job(model="gemini-2.5-pro")
    gone = watched.account.add_job(model="gemini-2.5-pro")
    watched.sync()
    watched.project.jobs.update(model="misread")
    StateCount.objects.update(model="misread", jobs=1)
    watched.project.jobs.filter(name=gone.name).update(gone_at=watched.account.clock.now())

    assert reparse(watched.project) == 2

    assert (watched.job(made.name).model, watched.job(gone.name).model) == ("gemini-2.5-pro", "gemini-2.5-pro")
    assert counts.recount([watched.project.pk]) == []


def test_what_a_sync_stores_meanwhile_stands(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "LARGEST", 1)
    for _ in range(2):
        watched.account.add_job(queue_seconds=60, run_seconds=600)
    watched.sync()
    watched.pass_time(120)

    with connection.execute_wrapper(after_first_commit(watched.sync)):
        reparse(watched.project)

    assert set(watched.project.jobs.values_list("state", flat=True)) == {"running"}
    assert counts.recount([watched.project.pk]) == []


def after_first_commit(act: Callable[[], Any]) -> Callable[..., Any]:
    """A wrapper of queries that does ``act`` after the first transaction that updates jobs."""
    waiting = [act]

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if waiting and sql.startswith('UPDATE "jobs_batchjob"'):
            transaction.on_commit(waiting.pop())
        return execute(sql, params, many, context)

    return wrapper
