"""Thousands of failed jobs at once, for what must be fast."""

from datetime import datetime

from jobs import bulk
from jobs.models import BatchJob, Project, StateCount
from jobs.states import State

COLUMNS = {
    "display_name": "job",
    "model": "gemini-2.5-flash",
    "state": State.FAILED.value,
    "reported": State.FAILED.value,
    "provider_state": "BATCH_STATE_FAILED",
    "started_observed": False,
    "error_message": "",
    "source": "",
    "destination": "",
    "output": "",
    "labels": {},
    "gone_by": "",
    "gone_reason": "",
    "raw_hash": b"0123456789abcdef",
    "by_requests": 10,
    "by_failed": 0,
    "by_duration": 60,
    "search_text": "job",
    "search_prefix": "job",
}
DATES = ("first_seen_at", "observed_at", "created_at", "by_created", "by_ended")


def many_jobs(project: Project, number: int, *, at: datetime, names: list[str] | None = None) -> None:
    """``number`` failed jobs, called ``names``, counted in the rollup."""
    called = names or [f"batches/many{nth:06}" for nth in range(number)]
    rows = [(project.pk, name, *COLUMNS.values(), *[at] * len(DATES)) for name in called]
    bulk.insert(BatchJob, ("project", "name", *COLUMNS, *DATES), rows)
    StateCount.objects.create(project=project, model="gemini-2.5-flash", state=State.FAILED, jobs=len(called))
