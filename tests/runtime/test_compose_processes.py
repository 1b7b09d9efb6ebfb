"""The services of docker-compose.yml, with their very commands and environment, on real servers."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from jobs.simulator.accounts import GeminiAccount
from tests.services import database_url, redis_url

from .compose import Compose
from .processes import PATIENCE, REPOSITORY, free_port, get, process, until

pytestmark = [pytest.mark.processes, pytest.mark.postgresql]
KEYS = {name: os.environ[name] for name in ("SECRET_KEY", "CREDENTIAL_KEYS")}
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    name = f"compose_{WORKER}"
    with psycopg.connect(database_url("postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        yield database_url(name)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="module")
def compose(database: str, tmp_path_factory: pytest.TempPathFactory) -> Compose:
    places = {"DATABASE_URL": database, "REDIS_URL": redis_url(32 + int(WORKER)), "PORT": str(free_port())}
    return Compose(KEYS | places, tmp_path_factory.mktemp("volume"))


@pytest.fixture(scope="module")
def stack(compose: Compose) -> Iterator[Compose]:
    """migrate has run; web, worker and beat are running."""
    assert run(compose, "migrate", compose.command("migrate")).returncode == 0
    with ExitStack() as running:
        for service in ("web", "worker", "beat"):
            log = compose.volume / f"{service}.log"
            running.enter_context(process(compose.command(service), compose.environment(service), log))
        yield compose


@pytest.mark.parametrize("service", ["web", "worker"])
def test_refuses_a_database_without_migrations(compose: Compose, service: str) -> None:
    """Stands first: ``stack`` migrates."""
    tried = run(compose, service, compose.command(service))

    assert tried.returncode == 1
    assert "run `manage.py migrate` first." in tried.stderr


def test_web_is_ready(stack: Compose) -> None:
    command = stack.command("web")
    url = f"http://127.0.0.1:{command[command.index('--port') + 1]}/ready"

    assert until(lambda: get(url), "an answer") == 200


def test_beat_wakes_a_worker_that_syncs(
    stack: Compose, database: str, gemini_account: GeminiAccount, base_url: str
) -> None:
    job = gemini_account.add_job("nightly")
    add = ["python", "manage.py", "add_project", "A", "--provider", "gemini", "--base-url", base_url]
    stack.services["web"]["environment"]["KEY"] = gemini_account.key

    assert run(stack, "web", [*add, "--credential-env", "KEY"]).returncode == 0

    with psycopg.connect(database, autocommit=True) as rows:
        found = until(lambda: rows.execute("SELECT name FROM jobs_batchjob").fetchall(), "the job")
    assert found == [(job.name,)]


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_health_check_passes(stack: Compose, service: str) -> None:
    assert until(lambda: run(stack, service, stack.health(service)).returncode == 0, f"health of {service}")


def run(compose: Compose, service: str, command: list[str]) -> "subprocess.CompletedProcess[str]":
    """``command`` to its end, as it runs in a container of ``service``."""
    environment = compose.environment(service)
    return subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE)
