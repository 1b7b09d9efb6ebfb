"""Runs of policies: each is an operation with its receipt, by its owner's rights.

A policy that suddenly matches several times its usual number stops and asks.
"""

from datetime import datetime

from jobs import attention, operations, policies
from jobs.attention import Kind
from jobs.models import Action, Operation, OperationStatus, Policy, Project
from jobs.operations import OperationRefused, Selection
from jobs.projects import Actor
from jobs.wording import many

SUDDEN = 5  # times its usual number of jobs: then a policy stops and asks
FEW = 10  # jobs; of so few, five times as many are nothing to ask about


def run_due(at: datetime) -> list[Operation]:
    """Run what is due and does not ask; the operations made. Several may call this at once: each run is claimed."""
    due = Policy.objects.filter(enabled_at__isnull=False, next_run_at__lte=at, asks="").select_related("owner")
    return [made for policy in due if (made := _run(policy, at))]


def _run(policy: Policy, at: datetime) -> Operation | None:
    claimed = Policy.objects.filter(pk=policy.pk, next_run_at=policy.next_run_at)
    if claimed.update(next_run_at=policies.next_run(policy, at)) != 1:
        return None
    if policy.owner is None or not policy.owner.is_active:
        _ask(policy, "Its owner is gone: somebody else has to add it anew.", at)
        return None
    try:
        return _start(policy, Actor(policy.owner, at))
    except OperationRefused as exc:
        if not str(exc).startswith(("No job", "All these jobs")):
            _ask(policy, str(exc), at)
    return None


def _start(policy: Policy, by: Actor) -> Operation | None:
    """Plan and confirm; discard and ask when it matches far more than usual."""
    operation = operations.plan(
        Selection(chosen=policies.chosen_by(policy)),
        Action(policy.action),
        actor=by,
        archive_first=policy.archive_first,
        policy=policy,
    )
    if operation.items_to_do > SUDDEN * (expected := _expected(policy)) or not operation.items_to_do:
        operations.discard(operation, actor=by)
        if operation.items_to_do:
            found = f"It matched {many(operation.items_to_do, 'job')}, and usually some {expected:,.0f}"
            _ask(policy, f"{found}: rehearse it and switch it on again, or change it.", by.at)
        return None
    _learn(policy, operation.items_to_do)
    operations.confirm(operation, actor=by, reason=f"Policy “{policy.name}”", typed=None)
    if operation.status == OperationStatus.WAITING:
        _tell(policy, "A run of it waits for the approval of a second person.", by.at, operation)
    return operation


def _expected(policy: Policy) -> float:
    """Its first run clears what has gathered, which its rehearsal told; later ones take its usual number."""
    usual = max(policy.usual or 0, FEW)
    ran = policy.operations.filter(confirmed_at__gte=policy.enabled_at).exists()
    return usual if ran else max(usual, policy.rehearsal.get("jobs", 0))


def _learn(policy: Policy, jobs: int) -> None:
    """The mean of recent runs; the first one, which clears what has gathered, tells nothing."""
    if policy.operations.filter(confirmed_at__gte=policy.enabled_at).exists():
        policy.usual = 0.7 * (policy.usual or 0) + 0.3 * jobs
        policy.save(update_fields=["usual"])


def _ask(policy: Policy, question: str, at: datetime) -> None:
    """It runs no more until a person switches it on again."""
    policy.asks = question
    policy.save(update_fields=["asks"])
    _tell(policy, question, at)


def _tell(policy: Policy, what: str, at: datetime, operation: Operation | None = None) -> None:
    attention.report(
        Kind.OPERATION,
        policy.subject,
        at=at,
        title=f"Policy “{policy.name}” asks",
        why=what,
        todo="Open it under Cleanup, Policies.",
        project=_only_project(policy),
        operation=operation,
    )


def _only_project(policy: Policy) -> Project | None:
    """Of a policy over several projects hear its owner, who may change it, and those who see its operation."""
    named = policies.chosen_by(policy).projects
    return Project.objects.on_board().filter(pk=named[0]).first() if len(named) == 1 else None
