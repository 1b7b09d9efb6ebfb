"""Policies: a saved filter, an age, an action and a time of day, switched on only after a rehearsal."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import QueryDict

from jobs import attention, audit
from jobs.attention import Kind
from jobs.filters import JobFilter
from jobs.models import Action, Policy, Project, User
from jobs.operations import Selection
from jobs.operations.planning import survey
from jobs.projects import Actor
from jobs.states import ACTIVE, TERMINAL, State
from jobs.wording import many

WINDOW = timedelta(days=30)
FRESH = timedelta(days=1)  # how long a rehearsal is good for


class PolicyRefused(Exception):
    """What was asked cannot be done; ``str()`` is one sentence, ``field`` the form field it is about or ""."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """What a person fills in. ``filter`` is a query string of the list; ``weekday`` 0 is Monday, None every day."""

    name: str
    filter: str
    action: Action
    older_than_days: int
    archive_first: bool = True
    hour: int = 3
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a policy would do now. ``recent``: of these ``jobs``, those that came of age in the last 30 days."""

    jobs: int
    recent: int
    protected: int
    refused: int

    def __str__(self) -> str:
        return f"would have removed {many(self.recent, 'job')} in the last 30 days, {self.protected:,} protected"


def visible_to(user: User) -> list[Policy]:
    """One's own, and those whose filter names only projects one may see; all for a superuser."""
    if user.is_superuser and user.is_active:
        return list(Policy.objects.all())
    seen = set(Project.objects.visible_to(user).values_list("pk", flat=True))
    return [policy for policy in Policy.objects.all() if policy.owner_id == user.pk or _within(policy, seen)]


def _within(policy: Policy, projects: set[int]) -> bool:
    named = chosen_by(policy).projects
    return bool(named) and projects.issuperset(named)


def may_manage(policy: Policy, user: User) -> bool:
    return user.is_active and (user.is_superuser or policy.owner_id == user.pk)


def chosen_by(policy: Policy) -> JobFilter:
    """The jobs a policy is about: its filter and its age."""
    chosen = JobFilter.parse(QueryDict(policy.filter))
    return chosen.but(older_than=max(policy.older_than_days, chosen.older_than))


@transaction.atomic
def add(draft: PolicyDraft, *, actor: Actor) -> Policy:
    """A new policy, switched off, owned by who adds it. Raise PolicyRefused."""
    policy = Policy(owner=actor.user, created_at=actor.at, **_checked(draft))
    _save(policy)
    _record("add policy", policy, actor)
    return policy


@transaction.atomic
def edit(policy: Policy, draft: PolicyDraft, *, actor: Actor) -> Policy:
    """Change it; it is switched off until it was rehearsed again. Raise PolicyRefused."""
    _refuse_strangers(policy, actor)
    for name, value in _checked(draft).items():
        setattr(policy, name, value)
    policy.rehearsed_at = policy.enabled_at = policy.next_run_at = None
    policy.rehearsal, policy.asks, policy.usual = {}, "", None
    _save(policy)
    _record("edit policy", policy, actor)
    return policy


@transaction.atomic
def remove(policy: Policy, *, actor: Actor) -> None:
    """Its operations and their receipts stay."""
    _refuse_strangers(policy, actor)
    _record("remove policy", policy, actor)
    attention.settle(Kind.OPERATION, [policy.subject], at=actor.at)
    policy.delete()


def rehearse(policy: Policy, *, actor: Actor) -> Rehearsal:
    """What a run would do now, by the code that plans it; it is kept as the condition for switching on."""
    _refuse_strangers(policy, actor)
    found = rehearsal_of(policy, at=actor.at)
    policy.rehearsed_at = actor.at
    policy.rehearsal = asdict(found)
    policy.save(update_fields=["rehearsed_at", "rehearsal"])
    _record("rehearse policy", policy, actor, result=str(found))
    return found


def rehearsal_of(policy: Policy, *, at: datetime) -> Rehearsal:
    selection, by = Selection(chosen=chosen_by(policy)), Actor(policy.owner, at)
    seen = survey(selection, Action(policy.action), actor=by, archive_first=policy.archive_first)
    since = at - timedelta(days=policy.older_than_days) - WINDOW
    return Rehearsal(
        jobs=seen.to_do,
        recent=sum(decision.works and row.by_ended >= since for row, decision in seen.judged),
        protected=seen.pinned,
        refused=sum(decision.verdict == "refuse" for _, decision in seen.judged),
    )


@transaction.atomic
def enable(policy: Policy, *, actor: Actor) -> Policy:
    """Switch it on. Raise PolicyRefused unless it was rehearsed within a day."""
    _refuse_strangers(policy, actor)
    if policy.rehearsed_at is None or actor.at - policy.rehearsed_at > FRESH:
        raise PolicyRefused("Rehearse it first, and look at what it would have done.")
    days = 1 if policy.weekday is None else 7
    policy.enabled_at, policy.asks = actor.at, ""
    policy.usual = policy.rehearsal["recent"] * days / WINDOW.days
    policy.next_run_at = next_run(policy, actor.at)
    policy.save(update_fields=["enabled_at", "asks", "usual", "next_run_at"])
    _record("enable policy", policy, actor)
    return policy


@transaction.atomic
def disable(policy: Policy, *, actor: Actor) -> Policy:
    _refuse_strangers(policy, actor)
    policy.enabled_at, policy.next_run_at, policy.asks = None, None, ""
    policy.save(update_fields=["enabled_at", "next_run_at", "asks"])
    attention.settle(Kind.OPERATION, [policy.subject], at=actor.at)
    _record("disable policy", policy, actor)
    return policy


def next_run(policy: Policy, after: datetime) -> datetime:
    """The next time of its hour, on its weekday (UTC)."""
    moment = after.astimezone(UTC).replace(hour=policy.hour, minute=0, second=0, microsecond=0)
    while moment <= after or (policy.weekday is not None and moment.weekday() != policy.weekday):
        moment += timedelta(days=1)
    return moment


def _checked(draft: PolicyDraft) -> dict[str, Any]:
    """The fields of a policy. Raise PolicyRefused for what makes no sense or would end what lives."""
    name, chosen = " ".join(draft.name.split()), JobFilter.parse(QueryDict(draft.filter))
    if not name or len(name) > 100:
        raise PolicyRefused("Give it a name of at most 100 letters.", "name")
    if chosen.notes:
        raise PolicyRefused(f"The filter is not understood: {chosen.notes[0]}", "filter")
    if draft.older_than_days < 1 or draft.older_than_days > 3650:
        raise PolicyRefused("Its age is a number of days from 1 to 3,650.", "older_than_days")
    if not 0 <= draft.hour < 24 or draft.weekday not in (None, *range(7)):
        raise PolicyRefused("Choose an hour from 0 to 23 and a day of the week, or every day.", "hour")
    return {
        "name": name,
        "filter": chosen.but(states=_states(draft.action, chosen), gone=draft.action == Action.FORGET).query(),
        "action": draft.action,
        "older_than_days": draft.older_than_days,
        "archive_first": draft.archive_first,
        "hour": draft.hour,
        "weekday": draft.weekday,
    }


def _states(action: Action, chosen: JobFilter) -> tuple[State, ...]:
    """Only what has ended is deleted or archived, only what lives is cancelled; all such states when none is named."""
    if action == Action.FORGET:
        return chosen.states
    fit = ACTIVE if action == Action.CANCEL else TERMINAL
    if odd := [state for state in chosen.states if state not in fit]:
        raise PolicyRefused(f"A policy does not {action} jobs that are {odd[0]}: leave that state out.", "filter")
    return chosen.states or tuple(state for state in State if state in fit)


def _refuse_strangers(policy: Policy, actor: Actor) -> None:
    if actor.user is not None and not may_manage(policy, actor.user):
        raise PolicyRefused("Only its owner or a superuser may do that.")


def _save(policy: Policy) -> None:
    try:
        with transaction.atomic():
            policy.save()
    except IntegrityError as exc:
        raise PolicyRefused(f"There is a policy “{policy.name}” already: choose another name.", "name") from exc


def _record(verb: str, policy: Policy, actor: Actor, result: str = "") -> None:
    detail = {"filter": policy.filter, "action": policy.action, "older_than_days": policy.older_than_days}
    audit.record(verb, policy, by=actor.user, at=actor.at, address=actor.address, detail=detail | {"found": result})
