"""What to do with one claimed item next: from the item, its job as the board has it, and what was seen of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.actions import Decision, facts_of, is_live, verdict
from jobs.connections import kind_of
from jobs.models import (
    Action,
    Archive,
    ArchiveStatus,
    BatchJob,
    Operation,
    OperationItem,
    Outcome,
    Project,
    Step,
    Verdict,
)
from jobs.states import State

from .calls import Call, Kind

PATIENCE = timedelta(minutes=15)  # for a cancel to take effect
SOONEST, LATEST = timedelta(seconds=2), timedelta(seconds=30)  # between two looks at a job that is to end
SAVING = timedelta(seconds=5)  # between two looks at an archive


@dataclass(frozen=True, slots=True)
class End:
    """The item is over. ``gone_by`` says who saw or made its job go: "us", "provider" or nobody ("")."""

    outcome: Outcome
    detail: str
    gone_by: str = ""
    forgets: bool = False


@dataclass(frozen=True, slots=True)
class Save:
    """The results of its job are to be saved before it goes on."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done before ``until``."""

    until: datetime


Next = End | Save | Wait | Call


def first(operation: Operation, item: OperationItem, job: BatchJob | None, project: Project, *, at: datetime) -> Next:
    """The first look at an item: what changed since the plan is left alone, with the reason."""
    action = operation.action
    if job is None:
        return End(Outcome.SKIPPED, "It is no longer on the board.")
    if job.project_id != item.project_id:
        return End(Outcome.SKIPPED, "It was moved to another project.")
    if job.kept_at and action != Action.ARCHIVE:
        return End(Outcome.SKIPPED, "Somebody pinned it meanwhile, to keep it.")
    if job.gone_at and action == Action.DELETE:
        return End(Outcome.ALREADY, "It was gone at the provider already.")
    if job.state != item.state_before:
        return End(Outcome.SKIPPED, f"It changed: it was {item.state_before} when planned and is {job.state} now.")
    if action == Action.FORGET:
        return _forget(operation, job, project, at)
    return onward(operation, item, job, project, at=at)


def _decide(operation: Operation, job: BatchJob, project: Project, at: datetime) -> Decision:
    facts = facts_of(job, project, at=at, archive_first=operation.archive_first)
    return verdict(Action(operation.action), facts, kind_of(project).capabilities)


def _forget(operation: Operation, job: BatchJob, project: Project, at: datetime) -> Next:
    decision = _decide(operation, job, project, at)
    if decision.works:
        return End(Outcome.DONE, "Removed from the board.", forgets=True)
    return End(_outcome_of(decision.verdict), decision.reason)


def onward(operation: Operation, item: OperationItem, job: BatchJob, project: Project, *, at: datetime) -> Next:
    """The next call for a job as the board has it now."""
    action, decision = operation.action, _decide(operation, job, project, at)
    if not decision.works and not _asked_ourselves(action, item, job):
        return End(_outcome_of(decision.verdict), decision.reason)
    if action == Action.ARCHIVE or decision.verdict == Verdict.ARCHIVE_FIRST:
        return Save()
    live = is_live(job.state) and not (action == Action.DELETE and kind_of(project).capabilities.deletes_running)
    return Call(item.pk, Kind.CANCEL if live or action == Action.CANCEL else Kind.DELETE, job.name)


def _asked_ourselves(action: str, item: OperationItem, job: BatchJob) -> bool:
    """A cancel sent before, of which nothing was heard, is sent again though the job may be cancelling by it."""
    return action == Action.CANCEL and item.attempts > 0 and is_live(job.state)


def _outcome_of(verdict: Verdict) -> Outcome:
    return Outcome.REFUSED if verdict == Verdict.REFUSE else Outcome.SKIPPED


def seen(action: str, item: OperationItem, job: BatchJob, *, at: datetime) -> Next | None:
    """After a re-read that found the job there; None: go on with the next call."""
    if item.step == Step.DELETE or item.intent == Kind.DELETE:
        return _seen_undeleted(item)
    if not is_live(job.state):
        return _seen_ended(item, job) if action == Action.CANCEL else None
    if item.step != Step.CANCEL:  # an interrupted cancel, of a job that still lives
        return Wait(at + SOONEST) if job.reported == State.CANCELLING else None
    if item.step_at is None:
        return End(Outcome.REFUSED, item.answer)
    if at - item.step_at >= PATIENCE:
        return End(Outcome.FAILED, "The cancel was accepted 15 minutes ago, but the job still runs at the provider.")
    return Wait(at + min(max((at - item.step_at) / 2, SOONEST), LATEST))


def has_ended_since(item: OperationItem, job: BatchJob) -> bool:
    """Whether a sync has seen, since the cancel was accepted, that the job ended."""
    return item.step_at is not None and job.observed_at > item.step_at and not is_live(job.state)


def _seen_ended(item: OperationItem, job: BatchJob) -> End:
    if job.state == State.CANCELLED:
        return End(Outcome.DONE, "Cancelled.")
    accepted = "before the cancel took effect" if item.step_at else "by itself before it was cancelled"
    return End(Outcome.SKIPPED, f"It ended {accepted}: {job.state}.")


def _seen_undeleted(item: OperationItem) -> End | None:
    """Still there: refused, or to be deleted once more."""
    refused = item.step == Step.DELETE and item.step_at is None
    return End(Outcome.REFUSED, item.answer) if refused else None


def gone(action: str, item: OperationItem, call: Kind) -> End:
    """After an answer, or a list, that does not know the job any more."""
    if action != Action.DELETE:
        return End(Outcome.SKIPPED, "It is gone at the provider.", "provider")
    if item.step == Step.DELETE and item.step_at:
        return End(Outcome.DONE, "Deleted, and seen to be gone.", "us")
    sent_before = item.attempts > 1 or call is not Kind.DELETE
    if sent_before and Kind.DELETE in (item.intent, item.step):
        return End(Outcome.DONE, "Deleted by a call that was not answered, and seen to be gone.", "us")
    return End(Outcome.ALREADY, "It was gone at the provider already.", "provider")


def saved(action: str, job: BatchJob, archive: Archive | None, *, at: datetime) -> Next | None:
    """How far the saving of results is; None: they are safe, or there are none, so it goes on."""
    if archive is None:
        return Save()
    if archive.status == ArchiveStatus.SAVED:
        return End(Outcome.DONE, "Its results are saved.") if action == Action.ARCHIVE else None
    if archive.status == ArchiveStatus.REFUSED and not job.results_state:
        return End(Outcome.SKIPPED, archive.error) if action == Action.ARCHIVE else None
    if archive.status in (ArchiveStatus.REFUSED, ArchiveStatus.LOST):
        word = "are lost" if archive.status == ArchiveStatus.LOST else "could not be saved"
        outcome = Outcome.FAILED if action == Action.ARCHIVE else Outcome.REFUSED
        return End(outcome, f"Its results {word}: {archive.error or 'no reason is known.'}")
    return Wait(at + SAVING)
