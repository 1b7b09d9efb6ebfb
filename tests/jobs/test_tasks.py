"""Celery's doors: who is woken, and what becomes of removed projects."""

from datetime import datetime, timedelta

import pytest
import redis

from jobs import tasks
from jobs.models import BatchJob, Project
from tests.conftest import MakeProject
from tests.factories import make_job


@pytest.fixture
def hinted(monkeypatch: pytest.MonkeyPatch, redis_client: redis.Redis) -> list[dict[str, object]]:
    """What would be sent to the broker."""
    sent: list[dict[str, object]] = []
    monkeypatch.setattr(tasks.sync_project, "apply_async", lambda *, kwargs, expires: sent.append(kwargs))
    return sent


def test_due_projects_are_hinted_at_once(make_project: MakeProject, hinted: list[dict[str, object]]) -> None:
    due = make_project(next_sync_at=datetime(2020, 1, 1).astimezone())
    make_project(next_sync_at=datetime.now().astimezone() + timedelta(hours=1))

    tasks.wake_due_projects()
    tasks.wake_due_projects()

    assert hinted == [{"project_id": due.pk, "troubled": False}]


def test_troubled_projects_hold_half_of_the_threads(make_project: MakeProject, at: datetime) -> None:
    project = make_project(base_url="http://127.0.0.1:9")
    permits = [tasks._for_troubled.acquire(blocking=False) for _ in range(4)]
    try:
        tasks.sync_project(project_id=project.pk, troubled=True)
    finally:
        for _ in permits:
            tasks._for_troubled.release()

    project.refresh_from_db()
    assert (permits, project.last_attempt_at) == ([True] * 4, None)


def test_rows_of_removed_projects_are_purged(project: Project, at: datetime) -> None:
    make_job(project)
    Project.objects.filter(pk=project.pk).update(removed_at=at)

    tasks.purge_removed()

    assert (BatchJob.objects.count(), Project.objects.count()) == (0, 0)
