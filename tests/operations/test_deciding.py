"""Who may confirm, approve, discard, undo and stop an operation, and until when; and that the provider waits for it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from jobs import operations
from jobs.models import Action, AuditEntry, BatchJob, Membership, Operation, Project, Role, User
from jobs.operations import OperationRefused, Selection, progress
from jobs.projects import Actor
from jobs.states import State
from tests.conftest import MakeProject
from tests.factories import make_job

from .conftest import Yard
from .many import many_jobs

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def planned(project: Project, olga: User, at: datetime) -> Operation:
    """Olga's plan to delete one failed job."""
    make_job(project, state=State.FAILED)
    return plan(olga, at)


def plan(user: User, at: datetime, action: Action = Action.DELETE) -> Operation:
    ids = tuple(BatchJob.objects.values_list("pk", flat=True))
    return operations.plan(Selection(ids=ids), action, actor=Actor(user, at))


@pytest.fixture
def paula(project: Project) -> User:
    """A second operator."""
    user = User.objects.create_user("paula")
    Membership.objects.create(user=user, project=project, role=Role.OPERATOR)
    return user


def refusal(decide: Callable[..., Operation], operation: Operation, **given: object) -> str:
    """What is said; nothing is written, neither to the operation nor to the audit."""
    before = list(Operation.objects.values_list()), AuditEntry.objects.count()
    with pytest.raises(OperationRefused) as raised:
        decide(operation, **given)
    assert (list(Operation.objects.values_list()), AuditEntry.objects.count()) == before
    return str(raised.value)


def test_a_confirmed_operation_waits_for_its_undo_window(planned: Operation, olga: User, at: datetime) -> None:
    operations.confirm(planned, actor=Actor(olga, at), reason="  monthly \n tidy-up ")

    assert (planned.status, planned.reason) == ("confirmed", "monthly tidy-up")
    assert planned.run_after == at + timedelta(seconds=10)
    assert operations.tick(at + timedelta(seconds=9.9)) == []
    assert len(operations.tick(at + timedelta(seconds=10))) == 1


def test_a_reason_is_needed(planned: Operation, olga: User, at: datetime) -> None:
    assert refusal(operations.confirm, planned, actor=Actor(olga, at), reason=" \n") == "Say why, in a few words."


def test_only_the_planner_confirms(planned: Operation, paula: User, at: datetime) -> None:
    said = "Only who made this plan may confirm it: make a plan of your own."
    assert refusal(operations.confirm, planned, actor=Actor(paula, at), reason="why") == said


def test_who_lost_the_right_confirms_nothing(planned: Operation, olga: User, at: datetime) -> None:
    Membership.objects.filter(user=olga).update(role=Role.VIEWER)

    said = "You may not act on jobs of project-1: ask its admin to make you operator."
    assert refusal(operations.confirm, planned, actor=Actor(olga, at), reason="why") == said


def test_above_a_hundred_jobs_their_number_is_typed(project: Project, olga: User, at: datetime) -> None:
    many_jobs(project, 101, at=at)
    operation = plan(olga, at)

    for typed in ("", "100", "all", "yes"):
        said = "Type the number of jobs, 101, to go ahead."
        assert refusal(operations.confirm, operation, actor=Actor(olga, at), reason="why", typed=typed) == said
    assert operations.confirm(operation, actor=Actor(olga, at), reason="why", typed=" 101 ").status == "confirmed"


def test_a_day_old_plan_is_not_confirmed(planned: Operation, olga: User, at: datetime) -> None:
    late = Actor(olga, at + timedelta(days=1, seconds=1))

    assert refusal(operations.confirm, planned, actor=late, reason="why") == "This plan is a day old: make a new one."


@pytest.fixture
def waiting(planned: Operation, olga: User, at: datetime) -> Operation:
    """Olga's plan, in a project in which everything needs a second person."""
    Project.objects.update(approval_above=0)
    return operations.confirm(planned, actor=Actor(olga, at), reason="why")


def test_a_second_person_approves(waiting: Operation, paula: User, at: datetime) -> None:
    assert (waiting.status, waiting.run_after, operations.tick(at + 9 * MINUTE)) == ("waiting", None, [])

    operations.approve(waiting, actor=Actor(paula, at + 10 * MINUTE))

    assert (waiting.status, waiting.approved_by) == ("confirmed", paula)
    assert waiting.run_after == at + 10 * MINUTE + timedelta(seconds=10)


def test_nobody_approves_what_they_proposed_or_may_not_do(
    waiting: Operation, olga: User, victor: User, at: datetime
) -> None:
    assert refusal(operations.approve, waiting, actor=Actor(olga, at)) == "A second person has to approve it."
    assert refusal(operations.approve, waiting, actor=Actor(None, at)) == "A second person has to approve it."
    said = "You may not act on jobs of project-1: ask its admin to make you operator."
    assert refusal(operations.approve, waiting, actor=Actor(victor, at)) == said


def test_an_approval_lapses_after_half_an_hour(waiting: Operation, paula: User, at: datetime) -> None:
    late = at + 30 * MINUTE

    said = "It waited too long for approval and has lapsed: make a new plan."
    assert refusal(operations.approve, waiting, actor=Actor(paula, late)) == said
    assert operations.lapse(late) == 1
    waiting.refresh_from_db()
    assert waiting.status == "lapsed"


def test_a_discarded_plan_is_over(waiting: Operation, paula: User, at: datetime) -> None:
    operations.discard(waiting, actor=Actor(paula, at))

    said = "This operation is discarded by now, so that cannot be done any more."
    assert refusal(operations.approve, waiting, actor=Actor(paula, at)) == said


def test_many_jobs_over_several_projects_need_approval_too(
    make_project: MakeProject, superuser: User, at: datetime
) -> None:
    for approval_above in (3, 4):
        made = make_project(approval_above=approval_above)
        for _ in range(3):
            make_job(made, state=State.FAILED)

    assert plan(superuser, at).approval_needed
    Project.objects.filter(approval_above=4).update(approval_above=6)
    assert not plan(superuser, at).approval_needed


def test_who_only_watches_neither_undoes_nor_discards(
    planned: Operation, olga: User, victor: User, at: datetime
) -> None:
    said = "You may not act in any of its projects: ask their admins to make you operator."
    assert refusal(operations.discard, planned, actor=Actor(victor, at)) == said
    operations.confirm(planned, actor=Actor(olga, at), reason="why")
    assert refusal(operations.undo, planned, actor=Actor(victor, at)) == said


def test_an_undone_operation_asked_the_provider_for_nothing(gemini: Yard) -> None:
    operation = gemini.plan(Action.DELETE, gemini.fill(3))
    operations.confirm(operation, actor=gemini.actor, reason="oops")
    gemini.pass_time(9)
    gemini.work()

    operations.undo(operation, actor=gemini.actor)
    gemini.pass_time(9)

    assert set(gemini.run(operation).values()) == {("", "")}
    assert (operation.status, len(gemini.account.journal), len(gemini.account.jobs)) == ("undone", 0, 3)


def test_a_run_that_began_cannot_be_undone(gemini: Yard) -> None:
    operation = gemini.start(Action.DELETE, gemini.fill())
    operations.start(gemini.actor.at)

    said = "This operation is running by now, so that cannot be done any more."
    assert refusal(operations.undo, operation, actor=gemini.actor) == said


def test_progress_tells_rate_and_time_left(gemini: Yard) -> None:
    operation = gemini.start(Action.DELETE, gemini.fill(4))
    began = gemini.actor.at
    operations.start(began)
    Operation.objects.update(items_ended=3, items_done=2, items_failed=1)
    operation.refresh_from_db()

    seen = progress(operation, began + timedelta(seconds=6))

    assert (seen.ended, seen.to_do, seen.share, seen.rate, seen.seconds_left) == (3, 4, 0.75, 0.5, 2.0)
    assert {outcome.value: number for outcome, number in seen.by_outcome.items() if number} == {"done": 2, "failed": 1}


def test_the_receipt_names_every_job(gemini: Yard) -> None:
    [name] = gemini.fill()
    gone = gemini.fill()[0]
    operation = gemini.start(Action.DELETE, [name, gone])
    gemini.account.forget(gone)
    gemini.run(operation)

    rows = {row["job"]: row for row in operations.receipt_rows(operation)}

    assert tuple(rows[name]) == operations.RECEIPT
    assert (rows[name]["planned"], rows[name]["outcome"], rows[name]["attempts"]) == ("do", "done", 1)
    assert (rows[gone]["outcome"], rows[gone]["project"], rows[gone]["state_before"]) == ("already", "G", "failed")


def test_pinning_is_for_operators_and_written_down(project: Project, olga: User, victor: User, at: datetime) -> None:
    job = make_job(project)
    one = Selection(ids=(job.pk,))

    with pytest.raises(OperationRefused):
        operations.keep(one, actor=Actor(victor, at))
    assert operations.keep(one, actor=Actor(olga, at)) == 1
    assert operations.keep(one, actor=Actor(olga, at)) == 0
    job.refresh_from_db()
    assert (job.kept_at, job.kept_by) == (at, "olga")
    assert operations.unkeep(one, actor=Actor(olga, at)) == 1
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == ["pin job", "unpin job"]


def test_plans_that_nobody_confirmed_are_purged_in_the_end(planned: Operation, olga: User, at: datetime) -> None:
    kept = operations.confirm(plan(olga, at), actor=Actor(olga, at), reason="why")
    operations.lapse(at + timedelta(days=2))

    assert operations.purge(at + timedelta(days=31)) == 0
    assert operations.purge(at + timedelta(days=33)) == 1
    assert Operation.objects.get() == kept
