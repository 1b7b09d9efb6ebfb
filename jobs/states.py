"""The vocabulary of job states, and the one function that decides a job's state (DESIGN 2)."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return self.value.capitalize()


TERMINAL = frozenset({State.SUCCEEDED, State.PARTIAL, State.FAILED, State.CANCELLED, State.EXPIRED})
ACTIVE = frozenset(State) - TERMINAL
CHOICES = [(state.value, state.label) for state in State]


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests of one job; None where the provider does not say."""

    total: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    pending: int | None = None

    @property
    def usable(self) -> int | None:
        """Requests that ended well: as reported, else what is left of the total."""
        if self.succeeded is not None or self.total is None:
            return self.succeeded
        return max(self.total - (self.failed or 0) - (self.pending or 0), 0)


def grade(reported: State, counts: Counts, *, cancel_requested: bool = False, results: Counts | None = None) -> State:
    """The state to show for what the provider ``reported``.

    ``results`` are counts from the results themselves; they outweigh the provider's. "Succeeded" with every
    request failed is failed, with some, partial. A live job with our cancel request is cancelling.
    """
    if reported in (State.SUCCEEDED, State.PARTIAL):
        return _grade_finished(reported, results or counts)
    if cancel_requested and reported in (State.QUEUED, State.RUNNING, State.PAUSED):
        return State.CANCELLING
    return reported


def _grade_finished(reported: State, counts: Counts) -> State:
    if not counts.failed:
        return reported
    return State.FAILED if counts.usable == 0 else State.PARTIAL
