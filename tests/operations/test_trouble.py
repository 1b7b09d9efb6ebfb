"""Jobs that change, providers in trouble, people who stop: what an operation then does, and what it leaves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import operations
from jobs.credentials import Credential
from jobs.models import (
    Action,
    AuditEntry,
    BatchJob,
    Membership,
    OperationItem,
    Project,
    Role,
    User,
)
from jobs.projects import Actor
from jobs.simulator.accounts import VertexAccount
from tests.conftest import MakeProject

from .conftest import Yard

pytestmark = pytest.mark.django_db(transaction=True)
DELETED = ("done", "Deleted, and seen to be gone.")


def test_jobs_that_changed_since_the_plan_are_skipped_with_the_reason(yard: Yard) -> None:
    """FIELD 2.2: ten jobs come, five end, one is pinned: none of them is touched."""
    running, ending = yard.fill(2, outcome="run"), yard.fill(5, outcome="succeed", run_seconds=3600)
    operation = yard.start(Action.CANCEL)
    yard.pass_time(3600)
    later = yard.fill(10, outcome="run")
    BatchJob.objects.filter(name=running[0]).update(kept_at=timezone.now())

    found = yard.run(operation, seconds=10)

    changed = ("skipped", "It changed: it was running when planned and is succeeded now.")
    assert found == {
        running[0]: ("skipped", "Somebody pinned it meanwhile, to keep it."),
        running[1]: ("done", "Cancelled."),
        **dict.fromkeys(ending, changed),
    }
    assert [yard.account.jobs[name].cancel_at for name in later] == [None] * 10


def test_a_missing_right_is_said_of_each_job(yard: Yard) -> None:
    [name] = yard.fill()
    operation = yard.start(Action.DELETE, [name])
    yard.account.faults.set(status=403)

    said = "This key may not delete jobs here (The caller does not have permission): give it that right."
    assert yard.run(operation) == {name: ("refused", said)}


@pytest.mark.parametrize("status", [429, 503])
def test_passing_trouble_is_tried_again_after_a_look(yard: Yard, status: int) -> None:
    [name] = yard.fill()
    operation = yard.start(Action.DELETE, [name])
    yard.account.faults.set(status=status, times=1)

    assert yard.run(operation) == {name: ("", "")}
    assert yard.run(operation, seconds=6) == {name: DELETED}
    assert (yard.asked("DELETE"), yard.asked("GET")) == (2, 2)


@pytest.mark.parametrize("fault", ["truncate", "lose"])
def test_a_delete_whose_answer_was_lost_is_not_repeated(yard: Yard, fault: str) -> None:
    [name] = yard.fill()
    operation = yard.start(Action.DELETE, [name])
    getattr(yard.account.faults, fault)(times=1)

    found = yard.run(operation, seconds=6)

    assert found == {name: ("done", "Deleted by a call that was not answered, and seen to be gone.")}
    assert (yard.asked("DELETE"), yard.job(name).gone_by) == (1, "root")


def test_the_wait_a_provider_asks_for_holds_for_the_whole_project(gemini: Yard) -> None:
    names = gemini.fill(3)
    operation = gemini.start(Action.DELETE, names)
    gemini.account.faults.set(status=429, retry_info="30s")
    gemini.run(operation)
    gemini.account.faults.clear()
    asked = len(gemini.account.journal)

    gemini.run(operation, seconds=26)
    assert len(gemini.account.journal) == asked
    assert gemini.run(operation, seconds=20) == dict.fromkeys(names, DELETED)


def test_trouble_without_end_is_given_up(gemini: Yard) -> None:
    [name] = gemini.fill()
    operation = gemini.start(Action.DELETE, [name])
    gemini.account.faults.set(status=503)

    for _ in range(15):
        gemini.pass_time(150)
        found = gemini.run(operation)

    assert found[name][0] == "failed"
    assert found[name][1].startswith("Given up after 12 tries: The provider has trouble (503:")


def test_a_revoked_key_fails_the_items_of_its_project_only(gemini: Yard, vertex: Yard, superuser: User) -> None:
    bad, good = gemini.fill(2), vertex.fill(2)
    ids = tuple(BatchJob.objects.values_list("pk", flat=True))
    operation = operations.plan(operations.Selection(ids=ids), Action.DELETE, actor=gemini.actor)
    operations.confirm(operation, actor=gemini.actor, reason="both")
    for yard in (gemini, vertex):
        yard.pass_time(11)
    gemini.account.revoke()

    found = gemini.run(operation)

    assert {found[name] for name in good} == {DELETED}
    assert {found[name][0] for name in bad} == {"failed"}
    assert found[bad[0]][1].endswith("enter a valid one for the project.")


def test_two_operations_never_act_on_one_job_at_once(yard: Yard) -> None:
    [name] = yard.fill(outcome="run")
    first, second = yard.plan(Action.DELETE, [name]), yard.plan(Action.CANCEL, [name])
    for operation in (first, second):
        operations.confirm(operation, actor=yard.actor, reason="both")
    yard.pass_time(11)

    yard.run(first)

    assert yard.run(second) == {name: ("skipped", f"Operation {first.pk} is acting on it.")}
    assert yard.run(first, seconds=10) == {name: DELETED}
    assert yard.asked("POST") == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"paused_at": timezone.now()}, "Its project was paused."),
        ({"removed_at": timezone.now()}, "Its project was removed from the board."),
        ({"base_url": "http://127.0.0.1:9"}, "Its project was given another key or address."),
    ],
)
def test_a_project_that_changed_stops_what_remains(gemini: Yard, change: dict[str, object], reason: str) -> None:
    names = gemini.fill(2)
    operation = gemini.start(Action.DELETE, names)
    Project.objects.update(**change)

    assert gemini.run(operation) == dict.fromkeys(names, ("stopped", reason))
    assert (len(gemini.account.journal), operation.status, operation.items_stopped) == (0, "done", 2)


def test_another_key_stops_what_remains(gemini: Yard) -> None:
    names = gemini.fill(2)
    operation = gemini.start(Action.DELETE, names)
    gemini.project.set_credential(Credential("api_key", gemini.account.add_key()), at=gemini.actor.at)
    gemini.project.save()

    reason = "Its project was given another key or address."
    assert gemini.run(operation) == dict.fromkeys(names, ("stopped", reason))


def test_who_lost_the_right_meanwhile_does_nothing_more(gemini: Yard, make_project: MakeProject) -> None:
    names = gemini.fill(2)
    olga = User.objects.create_user("olga")
    member = Membership.objects.create(user=olga, project=gemini.project, role=Role.OPERATOR)
    operation = gemini.plan(Action.DELETE, names, actor=Actor(olga, gemini.actor.at))
    operations.confirm(operation, actor=Actor(olga, gemini.actor.at), reason="mine")
    gemini.pass_time(11)
    member.delete()

    reason = "olga may not act on jobs of its project any more."
    assert gemini.run(operation) == dict.fromkeys(names, ("stopped", reason))
    assert gemini.asked("DELETE") == 0


def test_a_stop_touches_nothing_more_but_follows_what_was_asked(vertex: Yard) -> None:
    assert isinstance(vertex.account, VertexAccount)
    vertex.account.delete_seconds = 4
    asked, later = vertex.fill(2)
    operation = vertex.start(Action.DELETE, [asked, later])
    OperationItem.objects.filter(job_name=later).update(next_attempt_at=vertex.actor.at + timedelta(seconds=30))
    vertex.run(operation)

    operations.stop(operation, actor=vertex.actor)

    assert vertex.run(operation, seconds=6) == {asked: DELETED, later: ("stopped", "Stopped by root.")}
    assert (operation.status, vertex.asked("DELETE")) == ("stopped", 1)


def test_an_interrupted_call_is_first_looked_at(gemini: Yard) -> None:
    """As a worker leaves items that dies between its intent and the answer: one call had worked, one had not."""
    worked, unsent = gemini.fill(2)
    operation = gemini.start(Action.DELETE, [worked, unsent])
    operations.start(gemini.actor.at)
    dead = {"intent": "delete", "attempts": 1, "started_at": gemini.actor.at, "leased_until": gemini.actor.at}
    OperationItem.objects.update(**dead)
    gemini.account.forget(worked)

    found = gemini.run(operation)

    said = "Deleted by a call that was not answered, and seen to be gone."
    assert found == {worked: ("done", said), unsent: DELETED}
    assert (gemini.asked("DELETE"), gemini.account.journal[0].method) == (1, "GET")


def test_each_job_has_a_line_in_the_audit(gemini: Yard) -> None:
    [name] = gemini.fill()
    operation = gemini.start(Action.DELETE, [name])
    gemini.run(operation)

    line = AuditEntry.objects.get(verb="delete job")
    assert (line.actor_name, line.reason, line.result, line.target_id) == (
        "root",
        "tidy up",
        "done",
        gemini.job(name).pk,
    )
    assert line.detail["operation"] == operation.pk
    verbs = AuditEntry.objects.filter(target_kind="operation").order_by("pk").values_list("verb", "result")
    assert list(verbs) == [("plan operation", ""), ("confirm operation", ""), ("end operation", "1 done")]
