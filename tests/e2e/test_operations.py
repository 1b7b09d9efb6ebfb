"""Acting on jobs in a real browser: tick, plan, confirm, undo, run, receipt."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from jobs import operations, policies
from jobs.credentials import Credential
from jobs.models import Action, Membership, Operation, Project, User
from jobs.operations import deciding
from jobs.policies import PolicyDraft
from jobs.projects import Actor
from jobs.simulator.accounts import GeminiAccount
from jobs.states import State
from tests.conftest import MakeProject
from tests.e2e.conftest import Look, PageFor
from tests.factories import make_job, make_operation
from tests.operations.conftest import Yard

pytestmark = pytest.mark.e2e
MOST_TABS = 80


@pytest.fixture
def yard(gemini_account: GeminiAccount, make_project: MakeProject, base_url: str, olga: User) -> Yard:
    """Jobs at the simulator, on which olga may act."""
    project = make_project("Search", credential=Credential("api_key", gemini_account.key), base_url=base_url)
    Membership.objects.create(user=olga, project=project, role="operator")
    return Yard(gemini_account, project, olga)


@pytest.fixture(autouse=True)
def time_to_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, the button is there."""
    monkeypatch.setattr(deciding, "UNDO", timedelta(minutes=10))


def work(yard: Yard) -> None:
    """What workers do once the undo window is over, in half a minute."""
    Operation.objects.update(run_after=timezone.now())
    ahead = timezone.now() - yard.account.clock.now()
    for _ in range(15):
        yard.pass_time(2)
        for operation, project in operations.tick(yard.account.clock.now() + ahead):
            operations.run(operation, project, now=lambda: yard.account.clock.now() + ahead, seconds=20)


def confirm(page: Page, button: str, reason: str = "tidy-up") -> None:
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def test_ticks_three_jobs_and_cancels_them(page_for: PageFor, olga: User, yard: Yard) -> None:
    yard.fill(4, outcome="run")
    page = page_for(olga, live="/operations/")
    page.goto("/")

    for number in range(3):
        page.locator("tbody .tick").nth(number).check()
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Cancel…").click()
    expect(page.get_by_role("heading", name="Cancel 3 jobs", exact=True)).to_be_visible()
    confirm(page, "Cancel 3 jobs")
    work(yard)

    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    expect(page.get_by_role("link", name="Done 3")).to_be_visible()
    assert yard.asked("POST") == 3


def test_from_cleanup_to_the_receipt(page_for: PageFor, olga: User, yard: Yard) -> None:
    yard.fill(12)
    page = page_for(olga, live="/operations/")
    page.goto("/")
    page.get_by_role("link", name="Cleanup").click()

    page.get_by_role("button", name="Delete 12 jobs…").first.click()
    confirm(page, "Delete 12 jobs")
    work(yard)
    expect(page.get_by_role("link", name="Done 12")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt as CSV").click()

    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 13
    assert all(",done," in line for line in lines[1:])
    assert yard.account.jobs == {}


def test_cancels_a_job_by_keyboard_alone(page_for: PageFor, olga: User, yard: Yard) -> None:
    yard.fill(1, outcome="run")
    olga.set_password("correct horse battery")
    olga.save()
    page = page_for(None, live="/operations/")
    page.goto("/")

    keys(page, "User", "olga")
    keys(page, "Password", "correct horse battery", "Enter")
    expect(page.locator("tbody .tick")).to_have_count(1)
    tab_to(page, "Tick batch-1")
    page.keyboard.press("Space")
    tab_to(page, "Cancel…")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cancel 1 job", exact=True)).to_be_visible()
    keys(page, "Reason", "by mistake", "Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    work(yard)

    expect(page.get_by_role("link", name="Done 1")).to_be_visible()
    tab_to(page, "batch-1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="batch-1")).to_be_visible()


def test_confirms_and_undoes_by_keyboard_alone(page_for: PageFor, olga: User, project: Project) -> None:
    operation = make_operation([make_job(project, state=State.FAILED)], by=olga)
    Operation.objects.update(planned_at=timezone.now())
    page = page_for(olga)
    page.goto(f"/operations/{operation.pk}/")

    keys(page, "Reason", "by mistake", "Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Undone before it began")).to_be_visible()
    operation.refresh_from_db()
    assert operation.status == "undone"


def test_discards_a_plan_by_keyboard_alone(page_for: PageFor, olga: User, project: Project) -> None:
    operation = make_operation([make_job(project, state=State.FAILED)], by=olga)
    page = page_for(olga)
    page.goto(f"/operations/{operation.pk}/")

    tab_to(page, "Discard plan")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Discarded: nothing was done.")).to_be_visible()


def test_the_focus_stays_on_undo_while_seconds_pass(page_for: PageFor, olga: User, project: Project) -> None:
    operation = make_operation([make_job(project, state=State.FAILED)], by=olga)
    Operation.objects.update(planned_at=timezone.now())
    operations.confirm(operation, actor=Actor(olga, timezone.now()), reason="why")
    page = page_for(olga, live="/operations/")
    page.goto(f"/operations/{operation.pk}/")

    left = page.locator(".countdown h2")
    expect(left).not_to_have_text(left.inner_text())

    expect(page.get_by_role("button", name="Undo")).to_be_focused()


def keys(page: Page, label: str, text: str, *then: str) -> None:
    tab_to(page, label)
    page.keyboard.type(text)
    for key in then:
        page.keyboard.press(key)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is so called has the focus."""
    wanted = page.get_by_label(name, exact=True).or_(page.get_by_role("button", name=name, exact=True))
    wanted = wanted.or_(page.get_by_role("link", name=name, exact=True)).or_(page.get_by_label(name)).first
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {name}.")


def test_ticks_outlive_pages_and_refreshes_until_they_are_used(page_for: PageFor, olga: User, project: Project) -> None:
    for number in range(53):
        make_job(project, state=State.FAILED, display_name=f"job {number:02}")
    page = page_for(olga)
    page.goto("/?state=failed")

    page.locator("tbody .tick").nth(1).check()
    page.locator("tbody .tick").nth(4).click(modifiers=["Shift"])
    expect(page.get_by_text("4 selected")).to_be_visible()
    page.get_by_role("link", name="Next ›").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.locator("tbody .tick").nth(0).check()
    expect(page.get_by_text("5 selected")).to_be_visible()
    page.get_by_role("link", name="‹ Previous").click()
    expect(page.locator("tbody .tick:checked")).to_have_count(4)
    page.reload()
    expect(page.get_by_text("5 selected")).to_be_visible()
    page.get_by_role("button", name="Delete…").click()
    confirm(page, "Delete 5 jobs")
    page.goto("/?state=failed")
    expect(page.locator("tbody tr")).to_have_count(50)
    expect(page.get_by_role("region", name="Selection")).to_be_hidden()


def test_a_page_without_script_counts_down_and_undoes(page_for: PageFor, olga: User, project: Project) -> None:
    make_job(project, state=State.RUNNING)
    page = page_for(olga, java_script_enabled=False)
    page.goto("/")

    page.locator("tbody .tick").check()
    page.get_by_role("button", name="Delete…").click()
    confirm(page, "Delete 1 job")
    first = page.locator(".countdown h2").inner_text()
    expect(page.locator(".countdown h2")).not_to_have_text(first)
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("Undone before it began")).to_be_visible()


@pytest.fixture
def history(olga: User, project: Project) -> list[str]:
    """The paths of an operation in each status, and of the pages about them all."""
    now = datetime.now(UTC)
    began = {"started_at": now, "items_ended": 1, "items_done": 1, "reason": "tidy-up"}
    paths = []
    for status in ("planned", "waiting", "confirmed", "running", "done", "discarded"):
        jobs = [make_job(project, state=state) for state in (State.FAILED, State.RUNNING, State.SUCCEEDED)]
        operation = make_operation(jobs, by=olga)
        fields = began if status in ("running", "done") else {}
        stays = {"confirmed_at": now, "run_after": now + timedelta(minutes=5)}
        Operation.objects.filter(pk=operation.pk).update(status=status, **stays, **fields)
        paths.append(f"/operations/{operation.pk}/")
    policy = policies.add(PolicyDraft("Weekly", "state=failed", Action.DELETE, 1), actor=Actor(olga, now))
    policies.rehearse(policy, actor=Actor(olga, now))
    make_job(project, state=State.CANCELLING, cancel_requested_at=now - timedelta(hours=1))
    paths += [f"/policies/{policy.pk}/", f"/policies/{policy.pk}/edit/", "/policies/", "/policies/add/", "/reconcile/"]
    return [*paths, "/operations/", "/operations/?person=nobody", "/cleanup/", "/audit/"]


@pytest.mark.looks
def test_axe_finds_nothing_and_all_fits(page_for: PageFor, looks: Look, olga: User, history: list[str]) -> None:
    page = page_for(olga)

    for path in history:
        looks(page, path)


@pytest.mark.looks
def test_a_receipt_prints_without_buttons(page_for: PageFor, olga: User, project: Project) -> None:
    operation = make_operation([make_job(project, state=State.RUNNING, display_name="nightly")], by=olga)
    ended = {"status": "done", "started_at": operation.planned_at, "items_ended": 1, "items_done": 1}
    Operation.objects.filter(pk=operation.pk).update(**ended)
    page = page_for(olga)
    page.goto(f"/operations/{operation.pk}/")

    page.emulate_media(media="print")

    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    expect(page.get_by_role("rowheader", name="nightly")).to_be_visible()
    expect(page.get_by_text("Receipt as CSV")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Which jobs")).to_be_hidden()
