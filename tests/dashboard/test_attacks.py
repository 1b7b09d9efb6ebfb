"""What people with bad luck or bad intent send to operations: nothing happens but what the plan said."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connections
from django.test import Client

from jobs import operations
from jobs.models import AuditEntry, BatchJob, Membership, Operation, OperationStatus, Project, User
from jobs.operations import OperationRefused
from jobs.projects import Actor
from jobs.states import State
from tests.conftest import ClientFor
from tests.dashboard.reading import get
from tests.factories import make_job, make_operation
from tests.operations.many import many_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]
BUTTONS = {
    "confirm": OperationStatus.PLANNED,
    "approve": OperationStatus.WAITING,
    "discard": OperationStatus.PLANNED,
    "undo": OperationStatus.CONFIRMED,
    "stop": OperationStatus.RUNNING,
}


@pytest.fixture
def planned(project: Project, olga: User) -> Operation:
    """Olga's plan to delete one failed job."""
    return make_operation([make_job(project, state=State.FAILED)], by=olga)


def put(operation: Operation, status: OperationStatus, at: datetime) -> None:
    """``operation`` as it is in ``status``."""
    times = {"confirmed_at": at, "run_after": at + timedelta(seconds=10), "started_at": at}
    Operation.objects.filter(pk=operation.pk).update(status=status, **(times if status != "planned" else {}))


def everything() -> tuple[object, ...]:
    return list(Operation.objects.values_list()), list(BatchJob.objects.values_list()), AuditEntry.objects.count()


def signed_in(client_for: ClientFor, user: User) -> Client:
    """As a browser from which another site sends a form."""
    client = client_for(user)
    client.handler.enforce_csrf_checks = True
    return client


@pytest.mark.parametrize("button", BUTTONS)
def test_a_form_of_another_site_presses_no_button(
    client_for: ClientFor, olga: User, planned: Operation, at: datetime, button: str
) -> None:
    put(planned, BUTTONS[button], at)
    before = everything()

    answer = signed_in(client_for, olga).post(f"/operations/{planned.pk}/{button}/", {"reason": "why"})

    assert (answer.status_code, everything()) == (403, before)


def test_a_form_of_another_site_plans_nothing(client_for: ClientFor, olga: User, project: Project) -> None:
    client = signed_in(client_for, olga)

    for path in ("/operations/plan/delete/", "/reconcile/vanished/plan/", "/jobs/keep/"):
        assert client.post(path, {"all": "all"}).status_code == 403
    assert not Operation.objects.exists()


@pytest.mark.parametrize("button", BUTTONS)
def test_a_viewer_who_knows_the_addresses_changes_nothing(
    client_for: ClientFor, victor: User, planned: Operation, at: datetime, button: str
) -> None:
    put(planned, BUTTONS[button], at)
    before = everything()

    client_for(victor).post(f"/operations/{planned.pk}/{button}/", {"reason": "why"})

    assert everything() == before


def test_a_second_session_of_the_proposer_approves_nothing(
    client_for: ClientFor, olga: User, planned: Operation, at: datetime
) -> None:
    put(planned, OperationStatus.WAITING, at)
    before = everything()
    client = client_for(olga)

    client.post(f"/operations/{planned.pk}/approve/")

    assert everything() == before
    assert "A second person has to approve it." in get(client, f"/operations/{planned.pk}/")


def test_a_page_from_before_the_discard_confirms_nothing(
    client_for: ClientFor, olga: User, planned: Operation, at: datetime
) -> None:
    stale = client_for(olga)
    get(stale, f"/operations/{planned.pk}/")
    operations.discard(planned, actor=Actor(olga, at))

    answer = stale.post(f"/operations/{planned.pk}/confirm/", {"reason": "why"}, follow=True)

    assert "This operation is discarded by now, so that cannot be done any more." in answer.content.decode()
    assert operations.tick(at + timedelta(hours=1)) == []


@pytest.mark.parametrize(
    "typed", ["100", "-101", "+101", "0101", "101.0e0", "1e2", "0x65", "１０１", "١٠١", "101; 102", "NaN", "1" * 20]
)
def test_only_the_number_itself_confirms_many(
    client_for: ClientFor, olga: User, project: Project, at: datetime, typed: str
) -> None:
    many_jobs(project, 101, at=at)
    operation = make_operation(list(BatchJob.objects.all()), by=olga)

    answer = client_for(olga).post(f"/operations/{operation.pk}/confirm/", {"reason": "why", "typed": typed})

    operation.refresh_from_db()
    assert (answer.status_code, operation.status) == (422, "planned")


@pytest.mark.parametrize(
    "ids", ["-1", "NaN", "1.5", "1e3", "0x1", "99999999999999999999", "١", "'; DROP TABLE", "\x00"]
)
def test_ids_that_are_none_plan_nothing(client_for: ClientFor, olga: User, project: Project, ids: str) -> None:
    make_job(project, state=State.FAILED)

    for sent in ({"job": ids}, {"jobs": ids}, {"only": ids}):
        assert client_for(olga).post("/operations/plan/delete/", sent).status_code == 302
    assert not Operation.objects.exists()


def test_a_minus_before_an_id_does_not_choose_that_job(client_for: ClientFor, olga: User, project: Project) -> None:
    wanted, other = make_job(project, state=State.FAILED), make_job(project, state=State.FAILED)

    client_for(olga).post("/operations/plan/delete/", {"jobs": f"{wanted.pk},-{other.pk}"})

    assert list(Operation.objects.get().items.values_list("job", flat=True)) == [wanted.pk]


def test_more_ticks_than_a_plan_takes_are_refused_not_cut(client_for: ClientFor, olga: User, project: Project) -> None:
    make_job(project, state=State.FAILED)
    client = client_for(olga)

    client.post("/operations/plan/delete/", {"jobs": ",".join(map(str, range(1, 10_002)))})

    assert "At most 10,000 jobs can be ticked: choose all that match a filter instead." in get(client)
    assert not Operation.objects.exists()


def test_a_hostile_reason_is_text_on_pages_and_in_files(
    client_for: ClientFor, olga: User, planned: Operation, at: datetime
) -> None:
    reason = "=cmd|' /C calc'!A0 <script>alert(1)</script>"
    client = client_for(olga)
    client.post(f"/operations/{planned.pk}/confirm/", {"reason": reason})
    put(planned, OperationStatus.RUNNING, at)

    for path in (f"/operations/{planned.pk}/", "/operations/", "/audit/"):
        assert "<script>alert" not in get(client, path)
    [_, line] = client.get(f"/operations/{planned.pk}/receipt.csv").getvalue().decode().splitlines()
    assert line.endswith(f",olga,,'{reason}")


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do all in threads that begin together; how each went: "done", or the refusal."""
    ready, said = threading.Barrier(len(acts)), []

    def go(act: Callable[[], object]) -> None:
        ready.wait()
        try:
            act()
            said.append("done")
        except OperationRefused as exc:
            said.append(str(exc))
        connections.close_all()

    threads = [threading.Thread(target=go, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said, key=str.lower)


@pytest.mark.django_db(transaction=True)
def test_of_two_confirmations_at_once_one_counts(olga: User, planned: Operation, at: datetime) -> None:
    def confirm() -> None:
        mine = Operation.objects.get(pk=planned.pk)
        operations.confirm(mine, actor=Actor(olga, at), reason="why")

    said = at_once(*[confirm] * 4)

    assert said == ["done"] + 3 * ["This operation is confirmed by now, so that cannot be done any more."]
    assert AuditEntry.objects.filter(verb="confirm operation").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_undo_and_start_at_the_last_moment_one_wins(olga: User, planned: Operation, at: datetime) -> None:
    operations.confirm(planned, actor=Actor(olga, at), reason="why")
    due = at + timedelta(seconds=10)
    begun: list[int] = []

    def undo() -> None:
        operations.undo(Operation.objects.get(pk=planned.pk), actor=Actor(olga, due))

    said = at_once(undo, lambda: begun.append(operations.start(due)))

    planned.refresh_from_db()
    undone = said == ["done", "done"]
    assert (planned.status, begun) == (("undone", [0]) if undone else ("running", [1]))
    assert AuditEntry.objects.filter(verb="undo operation").count() == undone


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_confirm_only_their_own_plans(
    olga: User, victor: User, planned: Operation, project: Project, at: datetime
) -> None:
    """Each confirms their own; the run sees to it that one of them acts (test_trouble)."""
    Membership.objects.filter(user=victor).update(role="operator")
    other = make_operation(list(BatchJob.objects.all()), by=victor)

    said = at_once(
        lambda: operations.confirm(planned, actor=Actor(olga, at), reason="a"),
        lambda: operations.confirm(other, actor=Actor(victor, at), reason="b"),
        lambda: operations.confirm(other, actor=Actor(olga, at), reason="c"),
    )

    assert said.count("done") == 2
    assert set(Operation.objects.values_list("reason", flat=True)) == {"a", "b"}
