"""What load balancers ask, without signing in."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django.fixtures import Settings

from dashboard.schema import refuse_pending_migrations
from jobs.schema import pending_migrations

NOWHERE = "unix:///nowhere/redis.sock?db=0"


def test_health_touches_no_database(client: Client) -> None:
    answer = client.get("/health")

    assert (answer.status_code, answer.json()) == (200, {"web": "ok"})


def test_health_is_not_sent_to_https(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/health").status_code == 200
    assert client.get("/accounts/login/").status_code == 301


def test_ready_when_everything_answers(client: Client, db: None) -> None:
    answer = client.get("/ready")

    assert answer.json() == {"database": "ok", "broker": "ok", "migrations": "ok"}
    assert answer.status_code == 200


def test_not_ready_without_broker(client: Client, db: None, settings: Settings) -> None:
    settings.REDIS_URL = NOWHERE

    answer = client.get("/ready")

    assert answer.json() == {"database": "ok", "broker": "unreachable", "migrations": "ok"}
    assert answer.status_code == 503


def test_not_ready_while_a_migration_is_pending(client: Client, forgotten_migration: str) -> None:
    answer = client.get("/ready")

    assert answer.json() == {"database": "ok", "broker": "ok", "migrations": "pending"}
    assert answer.status_code == 503


def test_processes_refuse_pending_migrations(forgotten_migration: str) -> None:
    assert pending_migrations() == [forgotten_migration]
    with pytest.raises(SystemExit, match=r"^The database waits for 1 migration .*: run `manage.py migrate` first\.$"):
        refuse_pending_migrations()


@pytest.fixture
def forgotten_migration(transactional_db: None) -> Iterator[str]:
    """The newest migration of ``jobs``, of which the database does not know that it was applied."""
    recorder = MigrationRecorder(connection)
    name: str = recorder.migration_qs.filter(app="jobs").latest("name").name
    recorder.record_unapplied("jobs", name)
    yield f"jobs.{name}"
    recorder.record_applied("jobs", name)
