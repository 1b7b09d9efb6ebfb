"""Jobs as rows of a file: what a filter lets in, page by page, so that no length needs memory or a long transaction."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from .filters import JobFilter
from .models import BatchJob, BatchJobQuerySet

AT_ONCE = 1_000
# What no file of jobs holds
UNWRITTEN = ("output", "raw_hash", "search_text", "search_prefix")
HEADER = (
    "project",
    "name",
    "display_name",
    "state",
    "provider_state",
    "model",
    "requests_total",
    "requests_succeeded",
    "requests_failed",
    "requests_pending",
    "created_at",
    "started_at",
    "ended_at",
    "expires_at",
    "gone_at",
    "error_code",
    "error_message",
    "source",
    "destination",
    "results",
    "warning",
    "cost",
)


def each(visible: Callable[[], BatchJobQuerySet], chosen: JobFilter, *, at: datetime) -> Iterator[BatchJob]:
    """All jobs that ``chosen`` lets in, in its order. What may be seen is asked anew for each page."""
    place = chosen.but()
    while True:
        jobs = visible().select_related("project").defer(*UNWRITTEN)
        page = place.page(jobs, at=at, size=AT_ONCE)
        yield from page.jobs
        if page.next is None:
            return
        place = chosen.but(after=page.next)


def as_row(job: BatchJob) -> tuple[object, ...]:
    """Cells under HEADER; None where unknown."""
    counts = (job.requests_total, job.requests_succeeded, job.requests_failed, job.requests_pending)
    moments = (job.created_at, job.started_at, job.ended_at, job.expires_at, job.gone_at)
    called = (job.project.name, job.name, job.display_name, job.state, job.provider_state, job.model)
    places = (job.error_code, job.error_message, job.source, job.destination)
    return (*called, *counts, *moments, *places, job.results_state, job.warning, job.cost)


def as_dict(job: BatchJob) -> dict[str, Any]:
    """The stable shape scripts read; null where unknown, times ISO 8601 UTC."""
    return {
        "project": job.project.name,
        "name": job.name,
        "display_name": job.display_name or None,
        "state": job.state,
        "provider_state": job.provider_state or None,
        "model": job.model or None,
        "requests": {
            "total": job.requests_total,
            "succeeded": job.requests_succeeded,
            "failed": job.requests_failed,
            "pending": job.requests_pending,
        },
        "created_at": utc(job.created_at),
        "started_at": utc(job.started_at),
        "ended_at": utc(job.ended_at),
        "expires_at": utc(job.expires_at),
        "gone_at": utc(job.gone_at),
        "error": _error(job),
        "source": job.source or None,
        "destination": job.destination or None,
    }


def utc(moment: datetime | None) -> str | None:
    """ISO 8601 with a Z, or None."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def _error(job: BatchJob) -> dict[str, Any] | None:
    if job.error_code is None and not job.error_message:
        return None
    return {"code": job.error_code, "message": job.error_message or None}
