"""What to expect of a job: how long the latest of its model and size took."""

from jobs.models import BatchJob, BatchJobQuerySet
from jobs.sizes import size_class
from jobs.states import State

from .numbers import Durations

LATEST = 1_000
FEWEST = 5
FINISHED = (State.SUCCEEDED, State.PARTIAL)


def usual(jobs: BatchJobQuerySet, job: BatchJob) -> Durations | None:
    """Run times, in seconds, of those among the latest jobs of its model that are of its size and ended well.

    None where fewer than a handful are known, or its size is not.
    """
    if job.requests_total is None or not job.model:
        return None
    latest = jobs.listed().filter(model=job.model).order_by("-by_created", "-id")
    rows = latest.values_list("pk", "state", "requests_total", "by_duration")[:LATEST]
    place = size_class(job.requests_total)
    took = [
        seconds
        for pk, state, requests, seconds in rows
        if pk != job.pk and state in FINISHED and seconds >= 0 and size_class(requests) == place
    ]
    return Durations.of(took) if len(took) >= FEWEST else None
