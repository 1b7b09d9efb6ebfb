"""Between syncs: what operations and archives see of jobs and write: inputs of ``grade``, never the state itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from jobs import bulk, stale, troubles
from jobs.connections import kind_of
from jobs.models import BatchJob, Payload, Project, StateChange
from jobs.providers.base import RawJob
from jobs.states import State, grade

from . import gone, history, merge, tally
from .rows import results_of


def bump(project: Project, job_ids: Sequence[int]) -> None:
    """One more version of the project, whose row this locks; open pages hear of the jobs after the commit."""
    Project.objects.filter(pk=project.pk).update(version=F("version") + 1)
    version = Project.objects.values_list("version", flat=True).get(pk=project.pk)
    transaction.on_commit(partial(stale.announce, project.pk, list(job_ids), version=version))


def store(project: Project, jobs: Sequence[RawJob], *, at: datetime) -> None:
    """Merge what was read just now of known jobs; a sync that read them earlier is corrected by the next one."""
    kind = kind_of(project)
    slim = [replace(job, body=kind.without_results(job.body)) for job in jobs]
    for start in range(0, len(slim), merge.LARGEST):
        batch = merge.read(merge.Memory(project), slim[start : start + merge.LARGEST], kind.parse_job)
        known = replace(batch, news={name: job for name, job in batch.news.items() if name not in batch.new_names})
        if known.news:
            _write(project, replace(known, new_names=[]), at)


@transaction.atomic
def _write(project: Project, batch: merge.Batch, at: datetime) -> None:
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # first, as a sync does
    changes = merge.write(project, batch, at=at)
    troubles.look_at(changes.judged, at=at)
    if changes.job_ids:
        bump(project, changes.job_ids)


def mark_gone(project: Project, ids: Sequence[int], *, at: datetime, by: str, reason: str) -> None:
    """Jobs that we saw gone; the caller holds the transaction."""
    if ids:
        bump(project, ids)
        gone.mark(project, ids, at=at, reason=reason[:200], by=by[:150])


def regrade(project: Project, ids: Sequence[int], *, at: datetime, **inputs: Any) -> list[int]:
    """Write ``inputs`` of the jobs ``ids`` and grade them anew; those whose state changed by it.

    The caller holds the transaction.
    """
    bump(project, ids)
    jobs = list(project.jobs.filter(pk__in=ids).order_by("pk").select_for_update())
    project.jobs.filter(pk__in=ids).update(**inputs)
    changed = []
    for job in jobs:
        for name, value in inputs.items():
            setattr(job, name, value)
        if (state := _grade(job)) != job.state:
            changed.append((job, state))
    _write_states(project, changed, at)
    return [job.pk for job, _ in changed]


def _grade(job: BatchJob) -> State:
    asked = job.cancel_requested_at is not None
    return grade(State(job.reported), job.counts, cancel_requested=asked, results=results_of(job))


def _write_states(project: Project, changed: Sequence[tuple[BatchJob, State]], at: datetime) -> None:
    """States, their history with the answer they were read from, and, of listed jobs, the counts."""
    ids = [job.pk for job, _ in changed]
    latest = history.latest_changes(ids)
    bodies = dict(Payload.objects.filter(change__in=latest.values()).values_list("change__job", "body"))
    fresh = bulk.reserve_ids(StateChange, len(changed))
    columns = ("id", "job", "at", "observed_at", "from_state", "to_state", "provider_state")
    rows = [
        (pk, job.pk, at, at, job.state, state.value, job.provider_state)
        for pk, (job, state) in zip(fresh, changed, strict=True)
    ]
    bulk.insert(StateChange, columns, rows)
    answers = [(pk, at, bodies[job]) for pk, job in zip(fresh, ids, strict=True) if job in bodies]
    bulk.insert(Payload, ("change", "observed_at", "body"), answers)
    bulk.update(BatchJob, ("state", "id"), [(state.value, job.pk) for job, state in changed])
    moved: tally.Tally = tally.Tally()
    for job, state in changed:
        if job.gone_at is None:
            moved[job.model, job.state] -= 1
            moved[job.model, state.value] += 1
    tally.add(project, moved)
