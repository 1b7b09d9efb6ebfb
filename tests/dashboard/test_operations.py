"""The pages of an operation: plan, approval, undo, run, receipt, history."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from jobs import operations
from jobs.models import Action, Operation, OperationStatus, Project, User
from jobs.projects import Actor
from jobs.states import State
from tests.archives import answered, save_results
from tests.conftest import ClientFor, MakeProject
from tests.dashboard.reading import FRAGMENT, get, words
from tests.factories import make_job, make_operation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]


def post(client: Client, operation: Operation, button: str, **sent: Any) -> Any:
    return client.post(f"/operations/{operation.pk}/{button}/", sent)


def status_of(operation: Operation) -> str:
    operation.refresh_from_db()
    return operation.status


def items(html: str) -> list[str]:
    table = html.partition('id="items-heading"')[2]
    return [words(row) for row in re.findall(r"<tr class=.*?</tr>", table, re.S)]


def wait(operation: Operation, at: datetime) -> Operation:
    """``operation`` as it is when it waits for a second person."""
    fields = {"status": OperationStatus.WAITING, "confirmed_at": at, "reason": "tidy-up", "approval_needed": True}
    Operation.objects.filter(pk=operation.pk).update(**fields)
    operation.refresh_from_db()
    return operation


def run(operation: Operation, at: datetime, **fields: Any) -> Operation:
    """``operation`` as it is four seconds into its run."""
    began = {"status": OperationStatus.RUNNING, "started_at": at - timedelta(seconds=4)}
    Operation.objects.filter(pk=operation.pk).update(**(began | fields))
    operation.refresh_from_db()
    return operation


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"state": State.RUNNING}, "Running – none"),
        ({"results_state": "waiting", "output": "files/a"}, "Succeeded 30 min ago at the provider"),
        ({"results_state": "waiting", "output": "gs://out/nightly"}, "Succeeded 30 min ago gs://out/nightly"),
        ({"results_state": "lost"}, "Succeeded 30 min ago lost"),
    ],
)
def test_a_plan_says_when_each_job_finished_and_where_its_results_are(
    client_for: ClientFor, olga: User, project: Project, fields: dict[str, Any], told: str
) -> None:
    operation = make_operation([make_job(project, **fields)], by=olga)

    [line] = items(get(client_for(olga), f"/operations/{operation.pk}/"))

    assert f"project-1 {told} " in line


def test_a_plan_says_how_large_the_saved_results_are(client_for: ClientFor, olga: User, project: Project) -> None:
    save_results(job := make_job(project), answered("a"))
    operation = make_operation([job], by=olga)

    [line] = items(get(client_for(olga), f"/operations/{operation.pk}/"))

    assert re.search(r"Succeeded 30 min ago saved, \d+ bytes ", line)


def test_a_plan_says_what_will_happen(client_for: ClientFor, olga: User, project: Project, at: datetime) -> None:
    saved = make_job(project, display_name="saved", name="batches/s", results_state="saved")
    running = make_job(project, display_name="running", name="batches/r", state=State.RUNNING)
    gone = make_job(project, display_name="gone", name="batches/g", state=State.FAILED, gone_at=at)
    pinned = make_job(project, kept_at=at)
    operation = make_operation([saved, running, gone, pinned], by=olga)

    html = get(client_for(olga), f"/operations/{operation.pk}/")

    text = words(html)
    assert "Delete 2 of 3 jobs." in text
    assert "Stays Its saved results (1 job) Would be lost The answers it has so far (1 job)" in text
    assert "1 pinned job is left out." in text
    assert "project-1 Gemini API 2 0 1 0" in text
    assert "gone batches/g project-1 Failed 30 min ago none Skip It is gone at the provider already." in items(html)
    assert sorted(line.split()[0] for line in items(html)) == ["gone", "running", "saved"]


def test_jobs_are_narrowed_to_one_verdict_and_paged(client_for: ClientFor, olga: User, project: Project) -> None:
    jobs = [make_job(project, results_state="saved") for _ in range(101)]
    refused = make_job(project, state=State.FAILED, display_name="odd")
    operation = make_operation([*jobs, refused], Action.CANCEL, by=olga)
    client = client_for(olga)

    assert len(items(get(client, f"/operations/{operation.pk}/"))) == 100
    assert len(items(get(client, f"/operations/{operation.pk}/?show=skip&page=2"))) == 2
    assert items(get(client, f"/operations/{operation.pk}/?show=refuse")) == []


def test_confirming_opens_the_undo_window(client_for: ClientFor, olga: User, project: Project, at: datetime) -> None:
    operation = make_operation([make_job(project, results_state="saved")], by=olga)
    client = client_for(olga)

    answer = post(client, operation, "confirm", reason="tidy-up")

    assert answer.status_code == 302
    assert (status_of(operation), operation.run_after) == ("confirmed", at + timedelta(seconds=10))
    html = get(client, f"/operations/{operation.pk}/")
    assert "Starts in 10 s" in html
    assert '<meta http-equiv="refresh" content="1">' in html
    assert 'hx-trigger="every 1s"' in get(client, f"/operations/{operation.pk}/", headers=FRAGMENT)


def test_no_reason_confirms_nothing(client_for: ClientFor, olga: User, project: Project) -> None:
    operation = make_operation([make_job(project, results_state="saved")], by=olga)

    answer = post(client_for(olga), operation, "confirm", reason="  ")

    assert answer.status_code == 422
    assert "Say why, in a few words." in answer.content.decode()
    assert status_of(operation) == "planned"


def test_above_a_hundred_jobs_the_number_is_typed(client_for: ClientFor, olga: User, project: Project) -> None:
    operation = make_operation([make_job(project, state=State.RUNNING) for _ in range(101)], by=olga)
    client = client_for(olga)

    assert "Type 101 to go ahead." in get(client, f"/operations/{operation.pk}/")
    assert post(client, operation, "confirm", reason="x", typed="100").status_code == 422
    assert status_of(operation) == "planned"
    assert post(client, operation, "confirm", reason="x", typed="101").status_code == 302
    assert status_of(operation) == "confirmed"


def test_undo_leaves_everything_as_it_was(client_for: ClientFor, olga: User, project: Project, at: datetime) -> None:
    operation = make_operation([make_job(project, results_state="saved")], by=olga)
    operations.confirm(operation, actor=Actor(olga, at), reason="tidy-up")
    client = client_for(olga)

    post(client, operation, "undo")

    assert status_of(operation) == "undone"
    assert "Undone before it began" in get(client, f"/operations/{operation.pk}/")


def test_a_viewer_sees_the_plan_and_changes_nothing(
    client_for: ClientFor, olga: User, victor: User, project: Project
) -> None:
    operation = make_operation([make_job(project, results_state="saved")], by=olga)
    client = client_for(victor)

    html = get(client, f"/operations/{operation.pk}/")

    assert "Only olga, who made this plan, may confirm it." in words(html)
    assert "<button" not in html.partition('id="operation"')[2]
    for button in ("confirm", "discard", "undo", "stop", "approve"):
        post(client, operation, button, reason="x")
    assert status_of(operation) == "planned"


def test_an_operation_on_projects_one_may_not_see_does_not_exist(
    client_for: ClientFor, olga: User, project: Project, make_project: MakeProject, superuser: User
) -> None:
    operation = make_operation([make_job(project), make_job(make_project())], by=superuser)
    client = client_for(olga)

    assert client.get(f"/operations/{operation.pk}/").status_code == 404
    assert client.get(f"/operations/{operation.pk}/receipt.csv").status_code == 404
    assert "No operations yet" in get(client, "/operations/")


def test_a_second_person_approves(
    client_for: ClientFor, olga: User, alice: User, superuser: User, project: Project, at: datetime
) -> None:
    operation = wait(make_operation([make_job(project, results_state="saved")], by=olga), at)
    proposer = get(client_for(olga), f"/operations/{operation.pk}/")

    assert "May approve: alice, root." in words(proposer)
    assert ">Approve</button>" not in proposer
    post(client_for(olga), operation, "approve")
    assert status_of(operation) == "waiting"
    post(client_for(alice), operation, "approve")
    assert (status_of(operation), operation.approved_by) == ("confirmed", alice)


def test_a_plan_can_be_discarded(client_for: ClientFor, olga: User, project: Project) -> None:
    operation = make_operation([make_job(project)], by=olga)
    client = client_for(olga)

    post(client, operation, "discard")

    assert status_of(operation) == "discarded"
    assert "Discarded: nothing was done." in get(client, f"/operations/{operation.pk}/")


def test_a_run_tells_how_far_it_is(client_for: ClientFor, olga: User, project: Project, at: datetime) -> None:
    jobs = [make_job(project, results_state="saved") for _ in range(4)]
    counted = {"items_ended": 2, "items_done": 1, "items_failed": 1}
    operation = run(make_operation(jobs, by=olga), at, **counted)
    client = client_for(olga)

    html = get(client, f"/operations/{operation.pk}/", headers=FRAGMENT)

    assert "2 of 4 · 0.5/s · 4 s left" in html
    assert re.findall(r'class="fill (\w+)"\s+x="([\d.]+)"\s+width="([\d.]+)"', html) == [
        ("good", "0.00", "37.50"),
        ("bad", "37.50", "37.50"),
    ]
    post(client, operation, "stop")
    assert (status_of(operation), operation.stopped_by) == ("running", "olga")
    assert ">Stopping<" in get(client, f"/operations/{operation.pk}/").replace("\n", "").replace("  ", "")


def test_a_runs_fragment_is_one_for_all_who_may_do_the_same(
    client_for: ClientFor, olga: User, victor: User, alice: User, project: Project, at: datetime
) -> None:
    operation = run(make_operation([make_job(project)], by=olga), at)
    readers = {person: client_for(person) for person in (olga, victor, alice)}

    answers = {
        person.username: client.get(f"/operations/{operation.pk}/", headers=FRAGMENT)
        for person, client in readers.items()
    }

    assert len({answer["X-Audience"] for answer in answers.values()}) == 3
    assert "csrfmiddlewaretoken" not in answers["olga"].content.decode()
    assert 'formaction="/operations/' in answers["olga"].content.decode()
    assert 'formaction="/operations/' not in answers["victor"].content.decode()


def test_a_runs_fragment_is_sent_again_only_when_it_moved_on(
    client_for: ClientFor, olga: User, project: Project, at: datetime
) -> None:
    operation = run(make_operation([make_job(project)], by=olga), at)
    client, path = client_for(olga), f"/operations/{operation.pk}/"
    tag = client.get(path, headers=FRAGMENT)["ETag"]

    assert client.get(path, headers=FRAGMENT | {"If-None-Match": tag}).status_code == 304
    run(operation, at, version=operation.version + 1, items_ended=1, items_done=1)
    answer = client.get(path, headers=FRAGMENT | {"If-None-Match": tag})

    assert (answer.status_code, "1 of 1" in words(answer.content.decode())) == (200, True)


def test_a_receipt_tells_what_happened_to_each_job(
    client_for: ClientFor, victor: User, olga: User, project: Project, at: datetime
) -> None:
    job = make_job(project, display_name="=nightly", name="batches/n", results_state="saved")
    operation = make_operation([job], by=olga)
    operation.items.update(outcome="failed", detail="This key may not delete here.", answer="403", ended_at=at)
    ended = {"status": OperationStatus.DONE, "ended_at": at, "items_ended": 1, "items_failed": 1}
    run(operation, at, **ended)
    client = client_for(victor)

    html = get(client, f"/operations/{operation.pk}/")

    assert items(html) == [
        "=nightly batches/n project-1 Succeeded Delete Deleted at the provider. Stays: its saved results."
        " Failed This key may not delete here. 403 now"
    ]
    lines = client.get(f"/operations/{operation.pk}/receipt.csv").getvalue().decode().splitlines()
    assert lines == [
        "job,label,project,state_before,planned,reason,outcome,detail,answer,attempts,started_at,ended_at,by,approved_by,why",
        "batches/n,'=nightly,project-1,succeeded,do,Deleted at the provider.,failed,This key may not delete here.,"
        "403,0,,2026-11-22T12:00:00+00:00,olga,,",
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Cancel 1 job", "Delete 1 job"]),
        ("action=delete", ["Delete 1 job"]),
        ("status=open", ["Cancel 1 job"]),
        ("status=discarded", ["Delete 1 job"]),
        ("person=olga&action=cancel", ["Cancel 1 job"]),
        ("person=dana", []),
        ("action=nonsense", ["Cancel 1 job", "Delete 1 job"]),
    ],
)
def test_history_is_filtered(
    client_for: ClientFor, olga: User, project: Project, at: datetime, query: str, found: list[str]
) -> None:
    make_operation([make_job(project, state=State.RUNNING)], Action.CANCEL, by=olga)
    discarded = make_operation([make_job(project, results_state="saved")], by=olga)
    operations.discard(discarded, actor=Actor(olga, at))

    html = get(client_for(olga), f"/operations/?{query}")

    assert sorted(re.findall(r'<a href="/operations/\d+/">(.*?)</a>', html)) == found
