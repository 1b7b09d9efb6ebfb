"""What people decide about a plan: confirm, approve, discard, undo, stop. Each is one conditional UPDATE (DESIGN 6.3).

Who may: the planner confirms; a second person who may act in every project with work to do approves; whoever may act
in one of the projects concerned may discard, undo and stop, because that only leaves things as they are.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from jobs import audit
from jobs.models import Membership, Operation, OperationStatus, Role, User
from jobs.projects import Actor

from .planning import needs_approval, record
from .refusing import OperationRefused
from .selecting import acted_in
from .telling import tell

UNDO = timedelta(seconds=10)
TYPED_ABOVE = 100  # jobs; then the number must be typed
APPROVAL_LIFETIME = timedelta(minutes=30)
POLICY_APPROVAL_LIFETIME = timedelta(hours=24)  # a policy runs when nobody may be awake
PLAN_LIFETIME = timedelta(hours=24)
LONGEST_REASON = 1000


def needs_typing(operation: Operation) -> bool:
    return operation.items_to_do > TYPED_ABOVE


@transaction.atomic
def confirm(
    operation: Operation, *, actor: Actor, reason: str, typed: str | None = "", at_once: bool = False
) -> Operation:
    """The planner goes ahead: to run after the undo window, or to wait for a second person. Raise OperationRefused.

    ``typed`` None: the number need not be typed (a script's ``--yes``); ``at_once`` leaves the undo window out.
    """
    _expect(operation, OperationStatus.PLANNED)
    reason = " ".join(reason.split())
    _refuse_unfounded(operation, actor, reason, typed)
    waits = needs_approval(operation)
    fields: dict[str, Any] = {"reason": reason[:LONGEST_REASON], "confirmed_at": actor.at, "approval_needed": waits}
    if waits:
        fields["status"] = OperationStatus.WAITING
    else:
        fields |= {"status": OperationStatus.CONFIRMED, "run_after": actor.at + (timedelta() if at_once else UNDO)}
    _move(operation, OperationStatus.PLANNED, **fields)
    record("confirm operation", operation, actor, name=operation.actor_name)
    return operation


def _refuse_unfounded(operation: Operation, actor: Actor, reason: str, typed: str | None) -> None:
    if actor.user != operation.actor:
        raise OperationRefused("Only who made this plan may confirm it: make a plan of your own.")
    if actor.at - operation.planned_at > PLAN_LIFETIME:
        raise OperationRefused("This plan is a day old: make a new one.")
    if not operation.items_to_do:
        raise OperationRefused("There is nothing to do in this plan.")
    if not reason:
        raise OperationRefused("Say why, in a few words.", "reason")
    if typed is not None and needs_typing(operation) and _digits(typed) != str(operation.items_to_do):
        raise OperationRefused(f"Type the number of jobs, {operation.items_to_do}, to go ahead.", "typed")
    _refuse_without_right(operation, actor.user)


def _digits(text: str) -> str:
    """Also 1,204 and 1 204 are typed right."""
    return "".join(sign for sign in text.strip() if sign not in ",.'’ \u00a0\u202f")


@transaction.atomic
def approve(operation: Operation, *, actor: Actor, at_once: bool = False) -> Operation:
    """A second person agrees; the undo window begins. Raise OperationRefused."""
    _expect(operation, OperationStatus.WAITING)
    if actor.user is None or actor.user == operation.actor:
        raise OperationRefused("A second person has to approve it.")
    _refuse_without_right(operation, actor.user)
    if has_lapsed(operation, actor.at):
        raise OperationRefused("It waited too long for approval and has lapsed: make a new plan.")
    run_after = actor.at + (timedelta() if at_once else UNDO)
    fields = {"approved_by": actor.user, "approved_at": actor.at, "run_after": run_after}
    _move(operation, OperationStatus.WAITING, status=OperationStatus.CONFIRMED, **fields)
    record("approve operation", operation, actor)
    return operation


@transaction.atomic
def discard(operation: Operation, *, actor: Actor) -> Operation:
    """Throw a plan away that was not confirmed yet, or not approved yet."""
    _expect(operation, OperationStatus.PLANNED, OperationStatus.WAITING)
    _refuse_bystander(operation, actor.user)
    _move(operation, operation.status, status=OperationStatus.DISCARDED, ended_at=actor.at)
    record("discard operation", operation, actor)
    return operation


@transaction.atomic
def undo(operation: Operation, *, actor: Actor) -> Operation:
    """Take a confirmation back before the run begins; the provider was asked for nothing."""
    _expect(operation, OperationStatus.CONFIRMED)
    _refuse_bystander(operation, actor.user)
    _move(operation, OperationStatus.CONFIRMED, status=OperationStatus.UNDONE, ended_at=actor.at)
    record("undo operation", operation, actor)
    return operation


@transaction.atomic
def stop(operation: Operation, *, actor: Actor) -> Operation:
    """Touch no further job; what was asked of the provider already is still followed to its end."""
    _expect(operation, OperationStatus.RUNNING)
    _refuse_bystander(operation, actor.user)
    if operation.stop_requested_at is None:
        name = actor.user.username if actor.user else audit.NOBODY
        _move(operation, OperationStatus.RUNNING, stop_requested_at=actor.at, stopped_by=name)
        record("stop operation", operation, actor)
    return operation


def has_lapsed(operation: Operation, at: datetime) -> bool:
    lifetime = POLICY_APPROVAL_LIFETIME if operation.policy_id else APPROVAL_LIFETIME
    return operation.confirmed_at is not None and at - operation.confirmed_at >= lifetime


def lapse(at: datetime) -> int:
    """End what waited too long for approval, and plans that nobody confirmed; how many it were."""
    waiting = Operation.objects.filter(status=OperationStatus.WAITING)
    by_people = Q(policy=None, confirmed_at__lte=at - APPROVAL_LIFETIME)
    by_policies = Q(policy__isnull=False, confirmed_at__lte=at - POLICY_APPROVAL_LIFETIME)
    forgotten = Operation.objects.filter(status=OperationStatus.PLANNED, planned_at__lte=at - PLAN_LIFETIME)
    lapsed = {"status": OperationStatus.LAPSED, "ended_at": at}
    return waiting.filter(by_people | by_policies).update(**lapsed) + forgotten.update(**lapsed)


def may_act(operation: Operation, user: User | None) -> bool:
    """Whether ``user`` may act in one of the projects with work to do."""
    with_work = operation.projects.filter(items_to_do__gt=0).values("project")
    return user is None or acted_in(user).filter(pk__in=with_work).exists()


def may_approve(operation: Operation, user: User) -> bool:
    return user != operation.actor and not _without_right(operation, user)


def approvers(operation: Operation) -> QuerySet[User]:
    """Who may approve: active people, other than the planner, who may act in every project with work to do."""
    concerned = operation.projects.filter(items_to_do__gt=0, project__removed_at=None, project__isnull=False)
    ids = list(concerned.values_list("project", flat=True))
    operators = Membership.objects.at_least(Role.OPERATOR).filter(project__in=ids, user=OuterRef("pk"))
    number = operators.order_by().values("user").annotate(number=Count("pk")).values("number")
    people = User.objects.filter(is_active=True).exclude(pk=operation.actor_id or 0)
    everywhere = Q(is_superuser=True) | Q(everywhere=len(ids))
    return people.annotate(everywhere=Subquery(number)).filter(everywhere).order_by("username")


def _refuse_bystander(operation: Operation, user: User | None) -> None:
    if user != operation.actor and not may_act(operation, user):
        raise OperationRefused("You may not act in any of its projects: ask their admins to make you operator.")


def _refuse_without_right(operation: Operation, user: User | None) -> None:
    if missing := _without_right(operation, user):
        raise OperationRefused(f"You may not act on jobs of {missing[0]}: ask its admin to make you operator.")


def _without_right(operation: Operation, user: User | None) -> list[str]:
    """Names of the projects with work to do in which ``user`` may not act; removed ones count for nobody."""
    concerned = operation.projects.filter(items_to_do__gt=0, project__removed_at=None, project__isnull=False)
    return list(concerned.exclude(project__in=acted_in(user).values("pk")).values_list("project_name", flat=True))


def _expect(operation: Operation, *statuses: str) -> None:
    """Read the status anew: another click, or a worker, may have been first."""
    operation.refresh_from_db()
    if operation.status not in statuses:
        raise OperationRefused(_said(operation))


def _said(operation: Operation) -> str:
    word = OperationStatus(operation.status).label.lower()
    return f"This operation is {word} by now, so that cannot be done any more."


def _move(operation: Operation, before: str, /, **fields: Any) -> None:
    """Change an operation whose status still is ``before``; raise OperationRefused when it is not."""
    found = Operation.objects.filter(pk=operation.pk, status=before)
    if found.update(**fields, version=operation.version + 1) != 1:
        operation.refresh_from_db()
        raise OperationRefused(_said(operation))
    operation.refresh_from_db()
    tell(operation.pk)
