"""The simulated providers, for every test that wants a real one: in process, or on a port."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from jobs.providers.wire import shared_client
from jobs.simulator.accounts import GeminiAccount, VertexAccount
from jobs.simulator.app import Simulator
from jobs.simulator.clock import Clock
from jobs.simulator.serve import serving

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def simulator() -> Simulator:
    """One for the whole run, its clock standing at noon; a test takes an account of its own."""
    return Simulator(clock=Clock(NOON), seed=1)


@pytest.fixture(scope="session")
def base_url(simulator: Simulator) -> Iterator[str]:
    """The same simulator on a port."""
    with serving(simulator) as url:
        yield url
        shared_client().close()
        shared_client.cache_clear()


@pytest.fixture
def gemini_account(simulator: Simulator) -> GeminiAccount:
    """Empty, with a clock that only this test moves."""
    return simulator.add_gemini()


@pytest.fixture
def vertex_account(simulator: Simulator) -> VertexAccount:
    """Empty, with a clock that only this test moves."""
    return simulator.add_vertex()


@pytest.fixture
def gemini_http(simulator: Simulator, gemini_account: GeminiAccount) -> Iterator[httpx.Client]:
    """Speaks to ``gemini_account`` with its key."""
    headers = {"x-goog-api-key": gemini_account.key}
    with httpx.Client(transport=httpx.WSGITransport(app=simulator), base_url="http://sim", headers=headers) as http:
        yield http


@pytest.fixture
def vertex_http(simulator: Simulator, vertex_account: VertexAccount) -> Iterator[httpx.Client]:
    """Speaks to ``vertex_account`` with its token."""
    headers = {"authorization": f"Bearer {vertex_account.token}"}
    with httpx.Client(transport=httpx.WSGITransport(app=simulator), base_url="http://sim", headers=headers) as http:
        yield http
