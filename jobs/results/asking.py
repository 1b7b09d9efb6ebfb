"""What a person asks for: the results of one job, saved now."""

from jobs import audit
from jobs.models import BatchJob
from jobs.projects import Actor

from . import wanting


def save_now(job: BatchJob, *, by: Actor) -> bool:
    """Put ``job`` into the archive queue and write down who did; False when it is there, or saved, already."""
    who = by.user.username if by.user else audit.NOBODY
    if not wanting.want([job], by=who, at=by.at):
        return False
    audit.record("save results", job, by=by.user, at=by.at, address=by.address)
    return True
