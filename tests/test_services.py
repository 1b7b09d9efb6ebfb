"""The servers the suite runs on are real and each worker's own."""

import os
import threading
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings
from django.db import connection

from jobs.models import Project, Role, User

from .conftest import ClientFor, MakeProject


def test_redis_is_empty_and_real(redis_client: "redis.Redis") -> None:
    redis_client.set("a", 1)

    assert redis_client.dbsize() == 1


def test_redis_was_emptied_between_tests(redis_client: "redis.Redis") -> None:
    assert redis_client.dbsize() == 0


def test_the_data_folder_is_the_runs_own() -> None:
    assert Path(os.environ["BATCHBOARD_TEST_FOLDER"]) in settings.DATA_DIR.parents
    assert urlsplit(settings.REDIS_URL).path.startswith(os.environ["BATCHBOARD_TEST_FOLDER"])


@pytest.mark.django_db(transaction=True)
def test_another_thread_sees_committed_rows(make_project: MakeProject) -> None:
    seen: list[str] = []

    def look() -> None:
        seen.extend(Project.objects.values_list("name", flat=True))
        connection.close()

    make_project("shared")
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert seen == ["shared"]


def test_the_cast_has_its_roles(project: Project, alice: User, olga: User, victor: User, stranger: User) -> None:
    roles = dict(project.memberships.values_list("user__username", "role"))

    assert roles == {"alice": Role.ADMIN, "olga": Role.OPERATOR, "victor": Role.VIEWER}
    assert list(Project.objects.visible_to(stranger)) == []


def test_a_client_is_signed_in_as_its_user(alice: User, client_for: ClientFor) -> None:
    assert client_for(alice).session["_auth_user_id"] == str(alice.pk)
    assert "_auth_user_id" not in client_for(None).session


@pytest.mark.postgresql
def test_postgresql_is_real(db: None) -> None:
    assert connection.vendor == "postgresql"


def test_the_moment_is_fixed(at: datetime) -> None:
    assert at.isoformat() == "2026-11-22T12:00:00+00:00"
