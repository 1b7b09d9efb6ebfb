"""What jobs alike took."""

from datetime import timedelta

import pytest

from jobs.models import BatchJob, Project
from jobs.states import State
from jobs.timeline.alike import usual
from tests.conftest import AT
from tests.factories import make_job

pytestmark = pytest.mark.django_db


def took(project: Project, minutes: int, **fields: object) -> BatchJob:
    ended = AT - timedelta(hours=3) + timedelta(minutes=minutes)
    return make_job(project, created_at=AT - timedelta(hours=3), ended_at=ended, **fields)  # type: ignore[arg-type]


def test_is_told_by_jobs_of_its_model_and_size_that_ended_well(project: Project) -> None:
    for minutes in (10, 20, 30, 40, 50):
        took(project, minutes)
    took(project, 1, model="another")
    took(project, 1, requests_total=5_000)
    took(project, 1, state=State.FAILED)

    found = usual(BatchJob.objects.all(), took(project, 1))

    assert found is not None
    assert (found.number, found.median, found.p95) == (5, 30 * 60, 50 * 60)


@pytest.mark.parametrize("fields", [{}, {"requests_total": None}, {"model": ""}])
def test_is_not_told_by_a_few(project: Project, fields: dict[str, object]) -> None:
    for minutes in (10, 20, 30, 40, *([50, 60] if fields else [])):
        took(project, minutes, **fields)

    assert usual(BatchJob.objects.all(), took(project, 1, **fields)) is None
