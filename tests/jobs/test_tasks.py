"""Celery's doors: who is woken, and what becomes of removed projects."""

from datetime import datetime, timedelta

import pytest
import redis

from jobs import operations, tasks
from jobs.models import Archive, BatchJob, Project
from jobs.results import exports, wanting
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


def test_what_fails_to_look_keeps_nothing_else_asleep(
    make_project: MakeProject, hinted: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    due = make_project(next_sync_at=datetime(2020, 1, 1).astimezone())
    monkeypatch.setattr(operations, "tick", lambda at: 1 / 0)
    monkeypatch.setattr(exports, "due", lambda at: 1 / 0)
    wanting.want([make_job(due)], "", datetime.now().astimezone())
    saved: list[dict[str, object]] = []
    monkeypatch.setattr(tasks.save_results, "apply_async", lambda *, kwargs, expires: saved.append(kwargs))

    with pytest.raises(ZeroDivisionError):
        tasks.wake()

    assert hinted == [{"project_id": due.pk, "troubled": False}]
    assert saved == [{"archive_id": Archive.objects.get().pk}]


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


def test_a_hint_that_waited_too_long_syncs_nothing(
    make_project: MakeProject, at: datetime, redis_client: object
) -> None:
    paused = make_project(base_url="http://127.0.0.1:9", paused_at=at)
    later = make_project(base_url="http://127.0.0.1:9", next_sync_at=datetime.now().astimezone() + timedelta(hours=1))

    for project in (paused, later):
        tasks.sync_project(project_id=project.pk)

    assert set(Project.objects.values_list("last_attempt_at", flat=True)) == {None}


def test_a_clock_set_back_strands_no_project(make_project: MakeProject, at: datetime) -> None:
    next_year = at + timedelta(days=365)
    made = make_project(next_sync_at=next_year, last_attempt_at=next_year, leased_until=next_year)

    assert Project.objects.due(at).claim(at, timedelta(seconds=60))
    assert not Project.objects.due(at).filter(pk=made.pk).exists()


def test_rows_of_removed_projects_are_purged(project: Project, at: datetime) -> None:
    make_job(project)
    Project.objects.filter(pk=project.pk).update(removed_at=at)

    tasks.purge_removed()

    assert (BatchJob.objects.count(), Project.objects.count()) == (0, 0)
