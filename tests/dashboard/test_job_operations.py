"""The operations that touched a job, on its page."""

from datetime import datetime, timedelta

import pytest

from jobs import operations
from jobs.models import Action, BatchJob, Operation, OperationItem, Project, User
from jobs.projects import Actor
from jobs.states import State
from tests.conftest import ClientFor, MakeProject
from tests.dashboard.reading import get, words
from tests.factories import make_job, make_operation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]


def confirmed(jobs: list[BatchJob], by: User, at: datetime, action: Action = Action.CANCEL) -> Operation:
    operation = make_operation(jobs, action, by=by)
    return operations.confirm(operation, actor=Actor(by, at), reason="tidy-up")


def told(html: str) -> str:
    """What the card says; "" when there is none."""
    return words(html.partition('id="operations-heading"')[2].partition("</section>")[0]).removeprefix(">")


@pytest.fixture
def job(project: Project) -> BatchJob:
    return make_job(project, state=State.RUNNING)


def test_tell_state_who_outcome_and_lead_to_the_receipt(
    client_for: ClientFor, victor: User, olga: User, job: BatchJob, at: datetime
) -> None:
    first = confirmed([job], olga, at - timedelta(hours=2))
    OperationItem.objects.filter(operation=first).update(outcome="refused", detail="This key may not cancel here.")
    second = confirmed([job], olga, at - timedelta(hours=1))

    html = get(client_for(victor), f"/jobs/{job.pk}/")

    latest = "Confirmed Cancel 1 job by olga · 1 h ago"
    assert f"{latest} Refused Cancel 1 job by olga · 2 h ago This key may not cancel here." in told(html)
    assert f'href="/operations/{first.pk}/"' in html
    assert f'href="/operations/{second.pk}/"' in html


def test_that_were_never_confirmed_are_not_told(
    client_for: ClientFor, victor: User, olga: User, job: BatchJob, at: datetime
) -> None:
    make_operation([job], Action.CANCEL, by=olga)

    assert told(get(client_for(victor), f"/jobs/{job.pk}/")) == ""


def test_that_concern_hidden_projects_are_not_told(
    client_for: ClientFor, victor: User, superuser: User, job: BatchJob, make_project: MakeProject, at: datetime
) -> None:
    confirmed([job, make_job(make_project(), state=State.RUNNING)], superuser, at)

    assert told(get(client_for(victor), f"/jobs/{job.pk}/")) == ""
    assert "Cancel 2 jobs by root" in told(get(client_for(superuser), f"/jobs/{job.pk}/"))


def test_markup_in_what_the_provider_said_is_text(
    client_for: ClientFor, victor: User, olga: User, job: BatchJob, at: datetime
) -> None:
    operation = confirmed([job], olga, at)
    OperationItem.objects.filter(operation=operation).update(outcome="failed", detail="<script>alert(1)</script>")

    assert "<script>alert(1)" not in get(client_for(victor), f"/jobs/{job.pk}/")
