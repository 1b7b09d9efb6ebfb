"""What every place of results must do: exact bytes, from any byte on, and the right word for trouble."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from jobs.providers.base import CredentialError, GoneError, Part, ProviderError, TransientError
from jobs.simulator.app import Simulator

from .places import PLACES, Place


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, simulator: Simulator) -> Place:
    return PLACES[request.param](simulator)


def failure(place: Place, part: Part, **options: Any) -> ProviderError:
    """What reading ``part`` to its end raises."""
    with pytest.raises(ProviderError) as raised:
        list(place.provider(**options).stream(part))
    return raised.value


def test_every_request_has_its_line(place: Place) -> None:
    lines = place.read().splitlines(keepends=True)

    assert len(lines) == place.job.requests
    assert all(line.endswith(b"\n") and isinstance(json.loads(line), dict) for line in lines)


def test_a_part_has_the_size_it_says(place: Place) -> None:
    assert place.part().size in (None, len(place.read()))
    assert place.part().name.endswith(".jsonl")


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999, 1])
def test_from_any_byte_on_comes_the_rest(place: Place, share: float) -> None:
    whole = place.read()
    start = round(len(whole) * share)

    assert place.read(start) == whole[start:]


def test_what_is_no_more_is_gone(place: Place) -> None:
    part = place.part()
    place.lose()

    assert type(failure(place, part)) is GoneError


def test_a_wrong_credential_must_be_rotated(place: Place) -> None:
    assert type(failure(place, place.part(), secret="wrong")) is CredentialError


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_is_asked_again_later(place: Place, status: int) -> None:
    part = place.part()
    place.bench.remote.faults.set(status=status, retry_info="7s", path=place.paths)

    error = failure(place, part)

    assert (type(error), error.retry_after) == (TransientError, 7)


@pytest.mark.parametrize("fault", ["truncate", "reset"])
def test_half_an_answer_is_not_taken_for_all(place: Place, fault: str) -> None:
    part = place.part()
    getattr(place.bench.remote.faults, fault)(path=place.paths)

    assert type(failure(place, part)) is TransientError


@pytest.mark.parametrize("fault", ["truncate", "reset"])
def test_half_an_answer_over_a_real_port(place: Place, base_url: str, fault: str) -> None:
    part = place.part()
    getattr(place.bench.remote.faults, fault)(path=place.paths)

    with httpx.Client() as client, pytest.raises(TransientError):
        list(place.bench.on_port(base_url).connect(client=client).stream(part))


def test_the_gate_is_held_for_the_beginning_only(place: Place) -> None:
    inside = [0]

    @contextmanager
    def gate() -> Iterator[None]:
        inside[0] += 1
        yield
        inside[0] -= 1

    for chunk in place.provider(gate=gate).stream(place.part()):
        assert (len(chunk) > 0, inside[0]) == (True, 0)


def test_the_secret_is_in_no_url(place: Place) -> None:
    seen: list[httpx.Request] = []
    part, transport = place.part(), httpx.WSGITransport(app=place.bench.simulator)
    with httpx.Client(transport=transport, event_hooks={"request": [seen.append]}) as client:
        list(place.provider(client=client).stream(part))

    assert seen
    assert not [request.url for request in seen if place.bench.secret in str(request.url)]


def test_the_secret_is_in_no_error(place: Place) -> None:
    part = place.part()
    body = {"error": {"code": 409, "message": f"The key {place.bench.secret} is odd."}}
    place.bench.remote.faults.set(status=409, body=body, path=place.paths)

    assert str(failure(place, part)).count("The key *** is odd") == 1
