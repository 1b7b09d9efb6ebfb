"""What looks wrong with an active job: pure rules over what is known of it and of jobs alike. All times in seconds."""

from dataclasses import dataclass
from enum import StrEnum

from .eta import Range

HOUR = 3600.0
SHORTEST_WAIT = HOUR / 2  # waiting less than this is nothing, however fast others were
UNKNOWN_WAIT = 24 * HOUR  # long for any model: the providers aim at 24 h (WIRE 1.4)
IDLE = (HOUR / 2, 6 * HOUR)  # without a new count: at least, at most
IDLE_SHARE = 0.25  # of how long 95 % of jobs alike run
NEAR = 4 * HOUR  # before the provider gives a job up


class Flag(StrEnum):
    NONE = ""
    LATE = "late"
    STALLED = "stalled"
    WAITING = "waiting"
    SLOW = "slow"
    NEAR = "near"

    @property
    def words(self) -> str:
        return WORDS[self]

    @property
    def stuck(self) -> bool:
        return self in (Flag.STALLED, Flag.WAITING, Flag.SLOW)


WORDS = {
    Flag.NONE: "",
    Flag.LATE: "will expire before it finishes",
    Flag.STALLED: "no progress",
    Flag.WAITING: "waits longer than 95 % of jobs alike",
    Flag.SLOW: "runs longer than 95 % of jobs alike",
    Flag.NEAR: "expires soon",
}


@dataclass(frozen=True, slots=True)
class Sight:
    """One active job: ``waited`` while it is queued, ``ran`` while it runs, ``idle`` since its last new count.

    ``left``: the expected rest. ``deadline``: until the provider gives it up. ``usual_wait``, ``usual_run``: what 95 %
    of jobs alike stay below. None where that is not known.
    """

    waited: float | None = None
    ran: float | None = None
    idle: float | None = None
    left: Range | None = None
    deadline: float | None = None
    usual_wait: float | None = None
    usual_run: float | None = None


def judge(job: Sight) -> tuple[Flag, float]:
    """The gravest flag, and for how many seconds it has held, as far as known."""
    if job.deadline is not None and job.left and job.left.middle > job.deadline > 0:
        return Flag.LATE, 0.0
    held = {
        Flag.STALLED: _over(job.idle, _patience(job.usual_run)),
        Flag.WAITING: _over(job.waited, max(job.usual_wait or UNKNOWN_WAIT, SHORTEST_WAIT)),
        Flag.SLOW: _over(job.ran, job.usual_run) if job.idle is None else None,
        Flag.NEAR: _near(job),
    }
    return next(((flag, since) for flag, since in held.items() if since is not None), (Flag.NONE, 0.0))


def _patience(usual_run: float | None) -> float:
    least, most = IDLE
    return min(max(IDLE_SHARE * usual_run, least), most) if usual_run else most / 3


def _over(spent: float | None, allowed: float | None) -> float | None:
    """How long ago ``spent`` passed what is allowed; None when it did not."""
    return spent - allowed if spent is not None and allowed is not None and spent > allowed else None


def _near(job: Sight) -> float | None:
    """Near the line without good hope to be done before it."""
    if job.deadline is None or not 0 < job.deadline <= NEAR:
        return None
    return NEAR - job.deadline if job.left is None or job.left.high > job.deadline else None
