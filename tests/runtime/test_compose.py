"""docker-compose.yml and Dockerfile, read by their specifications."""

import os
from pathlib import Path

import pytest

from dashboard.runtime import programs

from .compose import Compose
from .processes import REPOSITORY

KEYS = {name: os.environ[name] for name in ("SECRET_KEY", "CREDENTIAL_KEYS")}


def test_references_hold() -> None:
    compose = Compose(KEYS, Path("/data"))

    compose.specification.validate()
    assert set(compose.services) == {"postgres", "redis", "migrate", "web", "worker", "beat", "simulator"}


@pytest.mark.parametrize("missing", sorted(KEYS))
def test_does_not_start_without_keys(missing: str) -> None:
    with pytest.raises(LookupError, match=f"^{missing} is missing in .env, make_key prints one$"):
        Compose({name: key for name, key in KEYS.items() if name != missing}, Path("/data"))


def test_default_addresses_are_the_services() -> None:
    environment = Compose(KEYS | {"POSTGRES_PASSWORD": "pw"}, Path("/data")).environment("web")

    assert environment["DATABASE_URL"] == "postgresql://batchboard:pw@postgres:5432/batchboard"
    assert environment["REDIS_URL"] == "redis://redis:6379/0"


@pytest.mark.parametrize("service", ["postgres", "redis", "web", "worker", "beat", "simulator"])
def test_what_lives_long_tells_its_health(service: str) -> None:
    assert Compose(KEYS, Path("/data")).health(service)


def test_image_holds_no_secret_and_is_not_root() -> None:
    text = (REPOSITORY / "Dockerfile").read_text()

    assert "USER 1000" in text
    assert not any(name in text for name in ("SECRET_KEY", "CREDENTIAL_KEYS", "PASSWORD"))


def test_nobody_may_say_where_a_request_comes_from() -> None:
    """uvicorn believes X-Forwarded-For from its own machine unless told not to."""
    alone, team = programs.web("127.0.0.1", 8000).command, Compose(KEYS, Path("/data")).command("web")

    assert "--no-proxy-headers" in alone and "--no-proxy-headers" in team
    assert "--no-proxy-headers" in (REPOSITORY / "Dockerfile").read_text()
