"""Rows as a sync would leave them: a job, its count in the rollup, its first state change with an answer."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import zstandard
from django.db.models import F

from jobs import attention, operations
from jobs.attention import Kind
from jobs.models import Action, Attention, BatchJob, Operation, Payload, Project, StateChange, StateCount, User
from jobs.operations import Selection
from jobs.projects import Actor
from jobs.states import ACTIVE, State

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_numbers = itertools.count(1)


def make_job(project: Project, *, raw: bytes | None = None, **fields: Any) -> BatchJob:
    """A valid job, by default one that succeeded an hour before noon with 10 requests; any column may be given."""
    values = _defaults(project, fields) | fields
    values.setdefault("reported", values["state"])
    job = BatchJob.objects.create(project=project, **(_keys(values) | values))
    if not job.gone_at:
        _count(job)
    answer = raw or msgspec.json.encode({"name": job.name, "metadata": {"state": job.provider_state}})
    change = StateChange.objects.create(
        job=job, at=job.by_created, observed_at=job.first_seen_at, to_state=job.state, provider_state=job.provider_state
    )
    Payload.objects.create(change=change, observed_at=job.observed_at, body=zstandard.compress(answer))
    return job


def _defaults(project: Project, fields: dict[str, Any]) -> dict[str, Any]:
    number = next(_numbers)
    state = State(fields.get("state", State.SUCCEEDED))
    created = fields.get("created_at", NOON - timedelta(hours=1))
    ended = {} if state in ACTIVE else {"ended_at": (created or NOON) + timedelta(minutes=30)}
    succeeded = 10 if state == State.SUCCEEDED else None
    return ended | {
        "name": f"batches/job{number:06}",
        "display_name": f"job {number}",
        "model": "gemini-2.5-flash",
        "state": state.value,
        "provider_state": f"BATCH_STATE_{state.name}",
        "requests_total": 10,
        "requests_succeeded": succeeded,
        "created_at": created,
        "first_seen_at": created or NOON,
        "observed_at": NOON,
        "raw_hash": b"0123456789abcdef",
    }


def _keys(values: dict[str, Any]) -> dict[str, Any]:
    """The sort and search columns that go with ``values``."""
    created = values["created_at"] or values["first_seen_at"]
    ended = values.get("ended_at")
    total, failed = values["requests_total"] or 0, values.get("requests_failed") or 0
    name = values["display_name"] or values["name"]
    return {
        "by_created": created,
        "by_ended": ended or created,
        "by_requests": total,
        "by_failed": failed * 1_000_000 // total if total else 0,
        "by_duration": max((ended - created) // timedelta(seconds=1), 0) if ended else -1,
        "search_text": f"{values['display_name']}\n{values['name']}\n{values.get('error_message', '')}".lower(),
        "search_prefix": name.lower()[:32],
    }


def _count(job: BatchJob) -> None:
    row, _ = StateCount.objects.get_or_create(project=job.project, model=job.model, state=job.state)
    StateCount.objects.filter(pk=row.pk).update(jobs=F("jobs") + 1)


def make_operation(jobs: Sequence[BatchJob], action: Action = Action.DELETE, *, by: User | None = None) -> Operation:
    """A plan made at noon, as the domain makes it."""
    return operations.plan(Selection(ids=tuple(job.pk for job in jobs)), action, actor=Actor(by, NOON))


def make_attention(
    project: Project, *jobs: BatchJob, kind: Kind = Kind.FAILED, title: str = "Jobs failed"
) -> Attention:
    """An open attention about ``project``, reported at noon; of ``jobs``, if any are given."""
    facts: dict[str, Any] = {"title": title, "why": "Out of quota.", "todo": "Ask for more."}
    members = [job.pk for job in jobs]
    attention.report(kind, f"project-{project.pk}", at=NOON, project=project, members=members, **facts)
    return Attention.objects.get(kind=kind, subject=f"project-{project.pk}")
