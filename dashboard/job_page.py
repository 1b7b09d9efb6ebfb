"""What the page of one job shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.urls import reverse
from django.utils.safestring import SafeString

from jobs.connections import kind_of
from jobs.filters import JobFilter
from jobs.models import BatchJob, OperationItem, Payload, ProgressSample, StateChange
from jobs.sizes import size_class, size_words
from jobs.states import State
from jobs.timeline.alike import usual
from jobs.wording import many

from . import times
from .board import Board
from .buttons import job_buttons
from .curve import Curve, rate
from .figures import Life, number
from .operation_page import ItemLine, OperationPage
from .outlook import Outlook, outlooks
from .results_card import results_context
from .results_state import truncated_shares
from .rows import JobRow, job_url

RAW_SHOWN = 64_000
MOST_STEPS = 100
MOST_OPERATIONS = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the job's history."""

    change: StateChange
    when: SafeString
    came_from: str
    became: State
    raw_url: str


def job_context(board: Board, job: BatchJob, chosen: JobFilter, at: datetime) -> dict[str, Any]:
    query = chosen.query()
    cut, ahead = truncated_shares([job]).get(job.pk, ""), outlooks([job], at).get(job.pk)
    row = JobRow(job, at=at, query=query, truncated=cut, outlook=ahead)
    samples = list(ProgressSample.objects.filter(job=job))
    changes = list(StateChange.objects.filter(job=job).order_by("-observed_at", "-id")[: MOST_STEPS + 1])
    before, after = chosen.neighbours(board.jobs.only("pk"), job, at=at)
    return {
        "job": job,
        "row": row,
        "at": at,
        "query": query,
        "back": reverse("job_list") + (f"?{query}" if query else ""),
        "previous": job_url(before.pk, query) if before else "",
        "next": job_url(after.pk, query) if after else "",
        "request_numbers": _numbers(row),
        "curve": Curve.of(samples, row.requests.total, ahead.ends if ahead else None),
        "life": Life.of(row.spans, ahead.rest(at) if ahead else timedelta()),
        "rate": rate(samples) if job.is_active else "",
        "steps": [_step(job, change, at) for change in changes[:MOST_STEPS]],
        "more_steps": len(changes) > MOST_STEPS,
        "labels": sorted(job.labels.items()) if isinstance(job.labels, dict) else [],
        "moments": _moments(job, ahead, at),
        "usual": _usual(board, job),
        "gone": _gone(job),
        "operations": _operations(board, job, at),
        "buttons": job_buttons(job, board.roles[job.project_id], at),
        "provider": kind_of(job.project).label,
        **_raw(job, at),
        **results_context(board.user, job, at),
    }


def pretty(raw: bytes) -> bytes:
    """JSON with line breaks, its numbers as they were written; anything else unchanged."""
    try:
        return msgspec.json.format(raw, indent=2)
    except (msgspec.DecodeError, RecursionError):
        return raw


def _numbers(row: JobRow) -> list[tuple[str, str]]:
    """Requests as the provider counts them, "–" where it does not say."""
    counts = row.job.counts
    pairs = [
        ("Total", counts.total),
        ("Succeeded", counts.usable),
        ("Failed", counts.failed),
        ("Pending", counts.pending),
    ]
    return [(label, number(value)) for label, value in pairs]


def _moments(job: BatchJob, ahead: Outlook | None, at: datetime) -> list[tuple[str, SafeString, SafeString]]:
    """What happened when: label, clock time, how long ago."""
    started = "Started (first seen running)" if job.started_observed else "Started"
    known = [
        ("Created" if job.created_at else "First seen", job.by_created),
        (started, job.started_at),
        ("Ended", job.ended_at),
        ("Expected to end, about", ahead.ends.middle if ahead and ahead.ends else None),
        ("Expires", job.expires_at),
        ("Cancel asked for", job.cancel_requested_at),
        ("Gone at the provider", job.gone_at),
    ]
    return [(label, times.absolute(when, at), times.relative(when, at)) for label, when in known if when]


def _usual(board: Board, job: BatchJob) -> str:
    """`This model, up to 1,000 requests: median 12 min, p95 40 min (312 jobs)`: how long such jobs ran."""
    found = usual(board.jobs, job)
    if found is None:
        return ""
    size = size_words(size_class(job.requests_total))
    median, most = (times.duration(timedelta(seconds=seconds)) for seconds in (found.median, found.p95))
    return f"This model, {size}: median {median}, p95 {most} ({many(found.number, 'job')})"


def _gone(job: BatchJob) -> str:
    if not job.gone_at:
        return ""
    who = f", by {job.gone_by}" if job.gone_by else ""
    why = f": {job.gone_reason.rstrip('.')}" if job.gone_reason else ""
    return f"This job is gone at the provider since {times.clock(job.gone_at)}{who}{why}."


def _step(job: BatchJob, change: StateChange, at: datetime) -> Step:
    came_from = State(change.from_state).label if change.from_state else ""
    raw_url = f"{reverse('job_raw', args=[job.pk])}?change={change.pk}"
    return Step(change, times.absolute(change.at, at), came_from, State(change.to_state), raw_url)


def _operations(board: Board, job: BatchJob, at: datetime) -> list[tuple[ItemLine, OperationPage]]:
    """What was done to it, or is about to be."""
    items = OperationItem.objects.of_job(job, board.user)[:MOST_OPERATIONS]
    return [
        (ItemLine(item, item.operation.action, at), OperationPage(item.operation, board.user, at)) for item in items
    ]


def _raw(job: BatchJob, at: datetime) -> dict[str, Any]:
    """The latest answer as text to show, unless it is too long for a page."""
    payload = Payload.objects.filter(change__job=job).order_by("-change_id").first()
    too_long = payload is not None and payload.size > RAW_SHOWN  # known without unpacking it
    text = pretty(payload.raw).decode(errors="replace") if payload and not too_long else ""
    return {
        "raw": text if len(text) <= RAW_SHOWN else "",
        "raw_too_long": too_long or len(text) > RAW_SHOWN,
        "raw_url": reverse("job_raw", args=[job.pk]),
        "raw_observed": times.relative(payload.observed_at, at) if payload else "",
    }
