"""Policies: rehearsed before they run, run as operations, and stopped when they match far more than usual."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs import policies, policy_runs, triage
from jobs.models import Action, Attention, Operation, Policy, Project, User
from jobs.policies import PolicyDraft, PolicyRefused
from jobs.projects import Actor
from jobs.states import State
from tests.conftest import MakeProject
from tests.factories import make_job

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FAILED = PolicyDraft("Failed after 7 days", "state=failed", Action.DELETE, 7)


@pytest.fixture
def aged(project: Project, at: datetime) -> Callable[..., None]:
    """``aged(3, days=8)``: three failed jobs that ended so long ago."""

    def make(number: int, *, days: int, **fields: Any) -> None:
        for _ in range(number):
            ended = at - days * DAY
            make_job(project, state=State.FAILED, created_at=ended - DAY, ended_at=ended, **fields)

    return make


@pytest.fixture
def policy(project: Project, olga: User, at: datetime) -> Policy:
    return policies.add(FAILED, actor=Actor(olga, at))


def enabled(policy: Policy, olga: User, at: datetime) -> Policy:
    policies.rehearse(policy, actor=Actor(olga, at))
    return policies.enable(policy, actor=Actor(olga, at))


def test_a_rehearsal_tells_what_a_run_would_do(
    policy: Policy, aged: Callable[..., None], olga: User, at: datetime
) -> None:
    aged(4, days=8)
    aged(2, days=60)
    aged(3, days=9, kept_at=at)
    aged(5, days=6)

    found = policies.rehearse(policy, actor=Actor(olga, at))

    assert (found.jobs, found.recent, found.protected) == (6, 4, 3)
    assert str(found) == "would have removed 4 jobs in the last 30 days, 3 protected"
    assert not Operation.objects.exists()


def test_rehearsal_and_run_are_about_the_same_jobs(
    policy: Policy, aged: Callable[..., None], olga: User, at: datetime
) -> None:
    aged(4, days=8)
    aged(2, days=60)
    aged(3, days=6)
    enabled(policy, olga, at)
    at = policy.next_run_at or at
    found = policies.rehearsal_of(policy, at=at)

    [operation] = policy_runs.run_due(at)

    assert operation.items_to_do == found.jobs == 6
    assert (operation.status, operation.actor_name) == ("confirmed", "policy “Failed after 7 days”")
    assert (operation.actor, operation.reason) == (olga, "Policy “Failed after 7 days”")


def test_it_is_switched_on_only_after_a_rehearsal(policy: Policy, olga: User, at: datetime) -> None:
    for rehearsed_at in (None, at - 2 * DAY):
        policy.rehearsed_at = rehearsed_at
        with pytest.raises(PolicyRefused, match="Rehearse it first"):
            policies.enable(policy, actor=Actor(olga, at))
    assert policy_runs.run_due(at + 2 * DAY) == []


def test_a_change_takes_the_rehearsal_back(policy: Policy, olga: User, at: datetime) -> None:
    enabled(policy, olga, at)

    policies.edit(policy, PolicyDraft("Sooner", "state=failed", Action.DELETE, 1), actor=Actor(olga, at))

    policy.refresh_from_db()
    assert (policy.enabled_at, policy.rehearsed_at, policy.name) == (None, None, "Sooner")


def test_it_runs_once_at_its_hour(policy: Policy, aged: Callable[..., None], olga: User, at: datetime) -> None:
    aged(1, days=9)
    enabled(policy, olga, at)

    assert policy.next_run_at == datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert policy_runs.run_due(datetime(2026, 11, 23, 2, 59, tzinfo=UTC)) == []
    assert len(policy_runs.run_due(datetime(2026, 11, 23, 3, tzinfo=UTC))) == 1
    assert policy_runs.run_due(datetime(2026, 11, 23, 3, 1, tzinfo=UTC)) == []


def test_a_weekly_one_waits_for_its_day(policy: Policy, at: datetime) -> None:
    policy.weekday = 6

    assert policies.next_run(policy, at) == datetime(2026, 11, 29, 3, tzinfo=UTC)


def test_far_more_than_usual_stops_it_and_asks(
    policy: Policy, aged: Callable[..., None], olga: User, at: datetime
) -> None:
    aged(11, days=9)
    enabled(policy, olga, at)
    policy_runs.run_due(at + DAY)
    aged(50, days=8)

    assert policy_runs.run_due(at + 2 * DAY) == []

    policy.refresh_from_db()
    assert policy.asks.startswith("It matched 61 jobs, and usually some 10:")
    assert Operation.objects.latest("pk").status == "discarded"
    assert Attention.objects.get().subject == f"policy/{policy.pk}"
    assert policy_runs.run_due(at + 9 * DAY) == []


@pytest.mark.parametrize("one_project", [True, False])
def test_its_question_is_its_owners_and_of_those_who_see_its_only_project(
    project: Project, olga: User, victor: User, stranger: User, at: datetime, one_project: bool
) -> None:
    about = f"state=failed&project={project.pk}" if one_project else "state=failed"
    policy = policies.add(PolicyDraft("Weekly", about, Action.DELETE, 7), actor=Actor(olga, at))

    policy_runs._ask(policy, "Why so many?", at)

    told = [person.username for person in (olga, victor, stranger) if Attention.objects.visible_to(person).exists()]
    assert told == (["olga", "victor"] if one_project else ["olga"])
    assert triage.allowed(olga, Attention.objects.get())
    assert not triage.allowed(victor, Attention.objects.get())


def test_without_its_owner_it_asks(policy: Policy, aged: Callable[..., None], olga: User, at: datetime) -> None:
    aged(1, days=9)
    enabled(policy, olga, at)
    User.objects.filter(pk=olga.pk).update(is_active=False)

    assert policy_runs.run_due(at + DAY) == []
    policy.refresh_from_db()
    assert policy.asks == "Its owner is gone: somebody else has to add it anew."


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (PolicyDraft(" ", "", Action.DELETE, 7), "name"),
        (PolicyDraft("a", "state=faild", Action.DELETE, 7), "filter"),
        (PolicyDraft("a", "state=running", Action.DELETE, 7), "filter"),
        (PolicyDraft("a", "state=failed", Action.CANCEL, 7), "filter"),
        (PolicyDraft("a", "", Action.DELETE, 0), "older_than_days"),
        (PolicyDraft("a", "", Action.DELETE, 7, hour=24), "hour"),
        (PolicyDraft("FAILED after 7 days".replace("FAILED", "Failed"), "", Action.DELETE, 7), "name"),
    ],
)
def test_what_makes_no_sense_is_refused(
    policy: Policy, olga: User, at: datetime, draft: PolicyDraft, field: str
) -> None:
    with pytest.raises(PolicyRefused) as raised:
        policies.add(draft, actor=Actor(olga, at))
    assert (raised.value.field, Policy.objects.count()) == (field, 1)


def test_without_states_only_what_has_ended_is_deleted(olga: User, at: datetime) -> None:
    made = policies.add(PolicyDraft("All", "", Action.DELETE, 30), actor=Actor(olga, at))

    states = {State.SUCCEEDED, State.PARTIAL, State.FAILED, State.CANCELLED, State.EXPIRED}
    assert set(policies.chosen_by(made).states) == states


def test_it_belongs_to_its_owner(
    policy: Policy, superuser: User, victor: User, make_project: MakeProject, at: datetime
) -> None:
    with pytest.raises(PolicyRefused, match="Only its owner or a superuser"):
        policies.disable(policy, actor=Actor(victor, at))
    assert policies.visible_to(victor) == []
    assert policies.visible_to(superuser) == [policy]
