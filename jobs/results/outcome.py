"""What an archive tells about its job: counts, grade, warning, cost; written with history in one transaction."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from jobs import stale, troubles
from jobs.models import Archive, BatchJob, Payload, Project, StateChange
from jobs.states import Counts, State, grade
from jobs.sync import history, tally
from jobs.sync.rows import failed_share
from jobs.wording import many

from .pricing import cost_of

TRUNCATED = "truncated"
TRUNCATED_SHARE = 0.05


def counts_of(archive: Archive, requested: int | None) -> Counts:
    """Lines as requests: failed and broken ones failed, and so did a request without a line."""
    lines = archive.lines or 0
    missing = max((requested or 0) - lines, 0)
    failed = archive.failed + archive.broken + missing
    return Counts(lines + missing, lines + missing - failed, failed)


def warning_of(archive: Archive) -> str:
    """More than 5 % of the lines ended at the token limit."""
    return TRUNCATED if archive.lines and archive.truncated > TRUNCATED_SHARE * archive.lines else ""


def note_of(archive: Archive, requested: int | None) -> str:
    """Where the lines are not as many as the job's requests."""
    lines = archive.lines or 0
    if requested is None or requested == lines:
        return ""
    return f"The job counts {many(requested, 'request')}, its results have {many(lines, 'line')}."


def write(archive: Archive, *, at: datetime) -> None:
    """Grade the job of a saved archive; the caller holds the transaction and has checked its lease in it."""
    project = _bumped(archive.job.project_id)  # first, as a sync does: then none waits for the other crosswise
    job = BatchJob.objects.select_for_update(of=("self",)).get(pk=archive.job_id)
    counts = counts_of(archive, job.requests_total)
    state = grade(State(job.reported), job.counts, cancel_requested=job.cancel_requested_at is not None, results=counts)
    facts: dict[str, Any] = {
        "results_total": counts.total,
        "results_succeeded": counts.succeeded,
        "results_failed": counts.failed,
        "results_state": "saved",
        "warning": warning_of(archive),
        "cost": cost_of(job, archive),
        "by_failed": failed_share(counts),
        "state": state.value,
    }
    BatchJob.objects.filter(pk=job.pk).update(**facts)
    if state != job.state:
        _change_state(project, job, state, at)
    _announce(project, job, at)


def mark(job_id: int, results_state: str, *, at: datetime) -> None:
    """Write where a job's results are, when they were not saved; the caller holds the transaction."""
    job = BatchJob.objects.get(pk=job_id)
    project = _bumped(job.project_id)
    BatchJob.objects.filter(pk=job_id).exclude(results_state="saved").update(results_state=results_state)
    _announce(project, job, at)


def _change_state(project: Project, job: BatchJob, state: State, at: datetime) -> None:
    """One more step in the job's history, with the provider's latest answer beside it as beside any other."""
    latest = history.latest_changes([job.pk]).get(job.pk)
    change = StateChange.objects.create(
        job=job,
        at=job.ended_at or at,
        observed_at=at,
        from_state=job.state,
        to_state=state.value,
        provider_state=job.provider_state,
    )
    for payload in Payload.objects.filter(change=latest):
        Payload.objects.create(change=change, observed_at=payload.observed_at, body=payload.body)
    if job.gone_at is None:
        tally.add(project, tally.Tally({(job.model, state.value): 1, (job.model, job.state): -1}))


def _bumped(project_id: int) -> Project:
    Project.objects.filter(pk=project_id).update(version=F("version") + 1)
    return Project.objects.get(pk=project_id)


def _announce(project: Project, job: BatchJob, at: datetime) -> None:
    troubles.look_at([job.pk], at=at)
    transaction.on_commit(partial(stale.announce, project.pk, [job.pk], version=project.version))
