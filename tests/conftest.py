"""What every test may ask for: the moment, Redis, the cast of people, projects, signed-in clients."""

import itertools
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import hypothesis
import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client

from jobs.credentials import Credential
from jobs.models import Membership, Project, Role, User

append_only = import_module("jobs.migrations.0008_audit_append_only")
pytest_plugins = ["tests.fixtures_simulator"]
# The same examples each time, however slow the machine; `--hypothesis-profile=explore` looks for others.
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.register_profile(
    "repeated", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("repeated")

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
MakeProject = Callable[..., Project]
ClientFor = Callable[[User | None], Client]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """On SQLite the test database is a file: threads and other processes must see it."""
    database = connections.databases["default"]
    if database["ENGINE"].endswith("sqlite3"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        database["TEST"]["NAME"] = str(settings.DATA_DIR / f"test-{worker}.sqlite3")


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Nothing is dropped at the end: the whole server goes, and a thread of a live page may still be connected."""
    return True


@pytest.fixture
def _django_db_helper(_django_db_helper: None) -> Iterator[None]:
    """SQLite is emptied by DELETE after a test that commits, which the audit refuses: it is emptied first."""
    yield
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            for statement in (*append_only.SQLITE_UNDO, "DELETE FROM jobs_auditentry", *append_only.SQLITE):
                cursor.execute(statement)


@pytest.fixture(scope="session", autouse=True)
def collected_static_files() -> None:
    """Pages name their files by content, as in production; a file that does not exist fails the page."""
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(scope="session")
def redis_connection() -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield client
    client.close()


@pytest.fixture(autouse=True)
def emptied_redis(redis_connection: "redis.Redis") -> "redis.Redis":
    """What one test used up of a rate or left in the cache is not the next one's."""
    redis_connection.flushdb()
    return redis_connection


@pytest.fixture
def redis_client(emptied_redis: "redis.Redis") -> "redis.Redis":
    """The run's Redis, for tests of what is done with it."""
    return emptied_redis


@pytest.fixture
def at() -> datetime:
    """The moment tests happen: noon UTC on 22 November 2026."""
    return AT


@pytest.fixture
def superuser(db: None) -> User:
    return User.objects.create_superuser("root", email="root@example.com", password=None)


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project()


@pytest.fixture
def alice(project: Project) -> User:
    """Admin of ``project``."""
    return _member("alice", project, Role.ADMIN)


@pytest.fixture
def olga(project: Project) -> User:
    """Operator of ``project``."""
    return _member("olga", project, Role.OPERATOR)


@pytest.fixture
def victor(project: Project) -> User:
    """Viewer of ``project``."""
    return _member("victor", project, Role.VIEWER)


@pytest.fixture
def stranger(db: None) -> User:
    """Signed in, member of nothing."""
    return User.objects.create_user("stranger", email="stranger@example.com")


@pytest.fixture
def make_project(db: None) -> MakeProject:
    """``make_project(name=…, provider=…, …)``: a project with an API key of its own, due at noon."""
    numbers = itertools.count(1)

    def make(name: str = "", *, credential: Credential | None = None, **fields: Any) -> Project:
        number = next(numbers)
        defaults = {"provider": "gemini", "created_at": AT, "next_sync_at": AT}
        made = Project(name=name or f"project-{number}", **(defaults | fields))
        made.set_credential(credential or Credential("api_key", f"AIza-test-{number}"), at=AT)
        made.save()
        return made

    return make


@pytest.fixture
def client_for(db: None) -> ClientFor:
    """``client_for(user)``: a browser in which ``user`` is signed in; nobody is for None."""

    def client(user: User | None) -> Client:
        browser = Client()
        if user:
            browser.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return browser

    return client


def _member(name: str, project: Project, role: Role) -> User:
    user = User.objects.create_user(name, email=f"{name}@example.com")
    Membership.objects.create(user=user, project=project, role=role)
    return user
