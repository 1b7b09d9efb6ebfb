"""Whether an action may be done to a job, as a pure function of what is known of the job and of its provider.

Nothing that only the provider has is lost by a delete: it is saved first, or the delete is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from jobs.connections import kind_of
from jobs.models import Action, ArchiveMode, BatchJob, Project, Verdict
from jobs.providers.base import Capabilities
from jobs.states import TERMINAL, State

ASK_AGAIN = timedelta(minutes=5)  # a cancel that had no effect for so long may be asked for again
HAS_RESULTS = frozenset({State.SUCCEEDED, State.PARTIAL, State.UNKNOWN})  # reported so, a job may have some
ANSWERS = "the answers it has so far"


@dataclass(frozen=True, slots=True)
class Decision:
    """``reason`` is one sentence: what happens, or why nothing does. ``stays`` and ``lost`` name things, or are ""."""

    verdict: Verdict
    reason: str
    stays: str = ""
    lost: str = ""

    @property
    def works(self) -> bool:
        return self.verdict in (Verdict.DO, Verdict.ARCHIVE_FIRST)


class Facts(NamedTuple):
    """All that a verdict depends on; many jobs share the same."""

    state: str
    reported: str
    results: str = ""
    has_output: bool = False
    gone: bool = False
    pinned: bool = False
    cancel_asked: bool = False
    paused: bool = False
    unproven: bool = False
    never_archives: bool = False
    may_act: bool = True
    archive_first: bool = True


def facts_of(
    job: BatchJob, project: Project, *, at: datetime, may_act: bool = True, archive_first: bool = True
) -> Facts:
    return Facts(
        state=job.state,
        reported=job.reported,
        results=job.results_state,
        has_output=bool(job.output),
        gone=job.gone_at is not None,
        pinned=job.kept_at is not None,
        cancel_asked=job.cancel_requested_at is not None and at - job.cancel_requested_at < ASK_AGAIN,
        paused=project.paused_at is not None,
        unproven=not project.credential_proven,
        never_archives=project.archive_mode == ArchiveMode.OFF,
        may_act=may_act,
        archive_first=archive_first,
    )


def can(action: Action, job: BatchJob, *, may_act: bool = True, at: datetime | None = None) -> Decision:
    """For a button: whether ``action`` works on ``job`` now, and why not. ``may_act``: the person is an operator."""
    facts = facts_of(job, job.project, at=at or timezone.now(), may_act=may_act)
    return verdict(action, facts, kind_of(job.project).capabilities)


def verdict(action: Action, facts: Facts, capabilities: Capabilities) -> Decision:
    """First what forbids any action, then the action's own rule."""
    if not facts.may_act:
        return _refuse("You may see this project's jobs, not act on them: ask its admin to make you operator.")
    if facts.pinned and action != Action.ARCHIVE:
        return _skip("Somebody pinned it to keep it: unpin it first.")
    if action != Action.FORGET:
        if facts.paused:
            return _refuse("Its project is paused: resume it first.")
        if facts.unproven:
            return _refuse("Its project's credential is not proven to be of the same account yet: let it sync first.")
    return RULES[action](facts, capabilities)


def _cancel(facts: Facts, capabilities: Capabilities) -> Decision:
    if facts.gone:
        return _skip("It is gone at the provider.")
    if not is_live(facts.state):
        return _skip(f"It has already ended: {facts.state}.")
    if not capabilities.cancel:
        return _refuse("This provider cannot cancel jobs.")
    if facts.reported == State.CANCELLING or facts.cancel_asked:
        return _skip("It is being cancelled already.")
    return _do("Asked to end at the provider.", *_of_live(capabilities))


def _delete(facts: Facts, capabilities: Capabilities) -> Decision:
    if facts.gone:
        return _skip("It is gone at the provider already.")
    if not capabilities.delete:
        return _refuse("This provider cannot delete jobs.")
    if is_live(facts.state):
        return _delete_live(capabilities)
    if may_lose_results(facts, capabilities):
        return _save_and_delete(facts)
    stays = "its saved results" if facts.results == "saved" else ""
    if facts.has_output and not capabilities.results_die_with_job:
        stays = f"its results in {capabilities.results}"
    return _do("Deleted at the provider.", stays)


def _delete_live(capabilities: Capabilities) -> Decision:
    if capabilities.deletes_running:
        return _do("Deleted at the provider while it runs.", *_of_live(capabilities))
    if not capabilities.cancel:
        return _refuse("It has not ended, and this provider deletes only what has.")
    return _do("Cancelled, then deleted once it has ended.", *_of_live(capabilities))


def _save_and_delete(facts: Facts) -> Decision:
    if facts.never_archives:
        return _refuse("Its results are only at the provider, and its project's settings say never to save results.")
    if not facts.archive_first:
        return _refuse("Its results are only at the provider, and they are not to be saved first.")
    return Decision(Verdict.ARCHIVE_FIRST, "Its results are saved first, then it is deleted.", "its saved results")


def _archive(facts: Facts, capabilities: Capabilities) -> Decision:
    if facts.results == "saved":
        return _skip("Its results are saved already.")
    if facts.results == "lost":
        return _skip("Its results were gone before they were saved.")
    if is_live(facts.state) and facts.state != State.UNKNOWN:
        return _skip("It has not ended yet.")
    if facts.gone and capabilities.results_die_with_job:
        return _skip("It is gone at the provider, and its results with it.")
    if not _may_have_results(facts):
        return _skip(f"It has no results: {facts.state}.")
    if facts.never_archives:
        return _refuse("Its project's settings say never to save results.")
    return _do("Its results are saved here.", "everything at the provider")


def _forget(facts: Facts, capabilities: Capabilities) -> Decision:
    if not facts.gone:
        return _skip("It is still at the provider: delete it there first.")
    if facts.results == "saved":
        return _refuse("Its saved results would go with it: remove those first.")
    return _do("Removed from the board.", "its lines in receipts and the audit", "its history on the board")


RULES: dict[Action, Callable[[Facts, Capabilities], Decision]] = {
    Action.CANCEL: _cancel,
    Action.DELETE: _delete,
    Action.ARCHIVE: _archive,
    Action.FORGET: _forget,
}


def is_live(state: str) -> bool:
    """Not known to have ended."""
    return state not in TERMINAL


def may_lose_results(facts: Facts, capabilities: Capabilities) -> bool:
    """Whether results may exist that would die with the job: not only "what succeeded" (DESIGN 6)."""
    return capabilities.results_die_with_job and facts.results not in ("saved", "lost") and _may_have_results(facts)


def _may_have_results(facts: Facts) -> bool:
    return facts.has_output or facts.results == "waiting" or facts.reported in HAS_RESULTS


def _of_live(capabilities: Capabilities) -> tuple[str, str]:
    """What stays and what is lost when a live job is ended."""
    if capabilities.results_die_with_job:
        return "", ANSWERS
    return f"what it wrote so far in {capabilities.results}", ""


def _do(reason: str, stays: str = "", lost: str = "") -> Decision:
    return Decision(Verdict.DO, reason, stays, lost)


def _skip(reason: str) -> Decision:
    return Decision(Verdict.SKIP, reason)


def _refuse(reason: str) -> Decision:
    return Decision(Verdict.REFUSE, reason)
