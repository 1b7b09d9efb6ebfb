"""``manage.py cleanup``: the same operations from a terminal or a script."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from jobs.credentials import Credential
from jobs.models import AuditEntry, BatchJob, Membership, Operation, Project, Role, User
from jobs.simulator.app import Simulator
from jobs.simulator.clock import Clock
from jobs.sync import sync_project
from tests.conftest import MakeProject

pytestmark = pytest.mark.django_db(transaction=True)
FAILED = ("--filter", "state=failed")
SURE = ("--reason", "tidy", "--yes", "--json")


@pytest.fixture
def board(simulator: Simulator, make_project: MakeProject, base_url: str, redis_client: object) -> Project:
    """Three failed jobs and one that runs, on clocks that go."""
    account = simulator.add_gemini(clock=Clock(speed=1.0))
    for outcome in ("fail", "fail", "fail", "run"):
        account.add_job(outcome=outcome, created=account.clock.now() - timedelta(hours=1))
    project = make_project(name="G", credential=Credential("api_key", account.key), base_url=base_url)
    sync_project(project.pk, now=timezone.now, full=True)
    return project


def cleanup(*words: str) -> str:
    out = io.StringIO()
    call_command("cleanup", *words, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def lines(*words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in cleanup(*words).splitlines()]


def refusal(*words: str) -> str:
    with pytest.raises(CommandError) as raised:
        cleanup(*words)
    return str(raised.value)


def test_it_deletes_what_the_filter_lets_in_and_prints_the_receipt(board: Project) -> None:
    *items, totals = lines(*FAILED, *SURE)

    operation = Operation.objects.get()
    expected = {"project": "G", "planned": "do", "outcome": "done", "attempts": 1}
    assert [item | {"job": ""} for item in items] == [
        expected | {"job": "", "detail": "Deleted, and seen to be gone."}
    ] * 3
    assert totals["outcomes"] == {"done": 3}
    assert (totals["operation"], totals["status"], operation.actor_name) == (operation.pk, "done", "command line")
    assert BatchJob.objects.listed().get().state == "running"


def test_a_dry_run_leaves_nothing_behind(board: Project) -> None:
    *items, totals = lines(*FAILED, "--dry-run", "--json")

    assert [(item["planned"], item["outcome"]) for item in items] == [("do", None)] * 3
    assert (totals["planned"], totals["outcomes"]) == ({"do": 3}, {})
    assert (Operation.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_it_cancels_too(board: Project) -> None:
    receipt = cleanup("--filter", "state=running", "--action", "cancel", "--reason", "stuck", "--yes")

    assert receipt.startswith("done          G/batches/")
    assert receipt.endswith("1 done\n")
    assert BatchJob.objects.get(state="cancelled")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--filter", "stat=failed"), "The filter knows no “stat”; it knows:"),
        (("--filter", "state=faild"), "The filter is not understood: No such state: “faild”."),
        (("--filter", ""), "This filter lets every job in:"),
        (("--filter", "state=failed&older_than=soon"), "The filter is not understood:"),
        ((*FAILED, "--yes"), "Say why: --reason TEXT."),
        ((*FAILED, "--reason", "x"), "Add --yes to do it, or --dry-run to see the plan."),
        ((*FAILED, *SURE, "--as", "nobody"), "There is no active user “nobody”."),
        (("--filter", "state=failed&older_than=30d", *SURE), "No job matches this filter."),
    ],
)
def test_what_is_not_clear_is_refused(board: Project, words: tuple[str, ...], said: str) -> None:
    assert refusal(*words).startswith(said)
    assert (Operation.objects.count(), BatchJob.objects.listed().count()) == (0, 4)


def test_who_may_not_act_deletes_nothing(board: Project) -> None:
    victor = User.objects.create_user("victor")
    Membership.objects.create(user=victor, project=board, role=Role.VIEWER)

    assert refusal(*FAILED, *SURE, "--as", "victor") == "There is nothing to do in this plan."
    assert Operation.objects.get().status == "discarded"


@pytest.fixture
def paula(board: Project) -> User:
    user = User.objects.create_user("paula")
    Membership.objects.create(user=user, project=board, role=Role.OPERATOR)
    return user


def test_the_approval_threshold_holds(board: Project, paula: User) -> None:
    Project.objects.update(approval_above=2)

    assert refusal(*FAILED, *SURE) == "A second person has to approve 3 jobs: add --approved-by USER."
    alone = (*FAILED, *SURE, "--as", "paula", "--approved-by", "paula")
    assert refusal(*alone) == "A second person has to approve it."
    assert set(Operation.objects.values_list("status", flat=True)) == {"discarded"}
    assert lines(*FAILED, *SURE, "--approved-by", "paula")[-1]["outcomes"] == {"done": 3}
    assert Operation.objects.get(status="done").approved_by == paula


def test_trouble_ends_in_one_line_after_the_receipt(board: Project) -> None:
    board.set_credential(Credential("api_key", "AIza-revoked"), at=timezone.now())
    board.save()

    assert refusal(*FAILED, *SURE) == "Not all went as planned: 3 failed."
