"""From what a provider answered to what becomes of the item: values are set on it, ``writing`` stores them."""

from datetime import datetime, timedelta
from random import uniform

from jobs.models import BatchJob, Operation, OperationItem, Outcome, Step
from jobs.providers.base import CredentialError, GoneError, ProviderError, TransientError, UnaskableError

from . import judging
from .calls import Answer, Kind
from .judging import End, Wait
from .writing import Change

FAILURES = 12  # before an item is given up, which takes some ten minutes
SLOWEST = 120.0  # seconds between two tries
NOT_NOW = (400, 409)  # statuses of what cannot be done to a job in its present state
SOON = timedelta(seconds=1)


def digest(operation: Operation, item: OperationItem, answer: Answer, job: BatchJob | None, *, at: datetime) -> Change:
    """``job`` is its row after what was read is stored."""
    if not answer.sent:
        return _unsent(item, answer, at)
    if answer.error:
        return _troubled(operation, item, answer, answer.error, at)
    if answer.call.kind is Kind.READ:
        return _read(operation, item, job, at)
    if answer.call.kind is Kind.POLL:
        return _polled(item, answer.over, at)
    return _accepted(item, answer, at)


def _unsent(item: OperationItem, answer: Answer, at: datetime) -> Change:
    """Nothing was asked, so nothing is open."""
    if answer.call.kind in (Kind.CANCEL, Kind.DELETE):
        item.intent, item.attempts = "", item.attempts - 1
    item.next_attempt_at = at + SOON
    return Change(item)


def _accepted(item: OperationItem, answer: Answer, at: datetime) -> Change:
    """The provider took it on; done is what a re-read shows, and that is looked for at once."""
    item.step, item.step_at, item.ticket = Step(answer.call.kind.value), at, answer.ticket
    item.intent, item.failures, item.answer, item.next_attempt_at = "", 0, "", at
    return Change(item, asked=answer.call.kind is Kind.CANCEL)


def _polled(item: OperationItem, over: bool, at: datetime) -> Change:
    """Past all patience the job itself is looked at."""
    began = item.step_at or at
    if over or at - began >= judging.PATIENCE:
        item.ticket, item.next_attempt_at = "", at
    else:
        item.next_attempt_at = at + min(max((at - began) / 2, judging.SOONEST), judging.LATEST)
    return Change(item)


def _read(operation: Operation, item: OperationItem, job: BatchJob | None, at: datetime) -> Change:
    if job is None:
        return ended(item, End(Outcome.SKIPPED, "It is no longer on the board."), at)
    follows = judging.seen(operation.action, item, job, at=at)
    if isinstance(follows, End):
        return ended(item, follows, at)
    if isinstance(follows, Wait):
        return _waits(item, follows, at)
    if item.step == Step.DELETE:
        item.failures += 1
        item.answer = "The provider accepted the delete, but the job is still there."
        if item.failures >= FAILURES:
            return ended(item, End(Outcome.FAILED, item.answer), at)
    item.step, item.step_at, item.ticket, item.intent = "", None, "", ""
    item.next_attempt_at = at + _pause(item.failures) if item.failures else at
    return Change(item)


def _waits(item: OperationItem, follows: Wait, at: datetime) -> Change:
    """An interrupted cancel turns out to have been accepted when the provider says so."""
    if item.intent == Kind.CANCEL:
        item.step, item.step_at, item.intent = Step.CANCEL, at, ""
    item.next_attempt_at = follows.until
    return Change(item)


def _troubled(operation: Operation, item: OperationItem, answer: Answer, error: ProviderError, at: datetime) -> Change:
    kind = answer.call.kind
    if kind is Kind.POLL and isinstance(error, GoneError | UnaskableError):
        return _polled(item, True, at)
    if isinstance(error, GoneError):
        return ended(item, judging.gone(operation.action, item, kind), at)
    item.answer = str(error)
    if isinstance(error, TransientError):
        return _again(item, error, at)
    if isinstance(error, CredentialError):
        return ended(item, End(Outcome.FAILED, str(error)), at)
    if kind in (Kind.CANCEL, Kind.DELETE) and error.status in NOT_NOW:
        item.step, item.step_at, item.intent, item.next_attempt_at = Step(kind.value), None, "", at
        return Change(item)
    return ended(item, End(Outcome.REFUSED, str(error)), at)


def _again(item: OperationItem, error: TransientError, at: datetime) -> Change:
    """Later, and after a call that would change something only once a re-read told what it did."""
    item.failures += 1
    if item.failures >= FAILURES:
        return ended(item, End(Outcome.FAILED, f"Given up after {item.failures} tries: {error}"), at)
    item.next_attempt_at = at + max(_pause(item.failures), timedelta(seconds=error.retry_after or 0))
    return Change(item)


def _pause(failures: int) -> timedelta:
    """Longer with each failure, and not in step with others."""
    return timedelta(seconds=min(2.0 ** (failures - 1), SLOWEST) * uniform(0.8, 1.2))  # noqa: S311


def ended(item: OperationItem, end: End, at: datetime) -> Change:
    item.outcome, item.detail, item.ended_at, item.intent = end.outcome, end.detail, at, ""
    return Change(item, end)
