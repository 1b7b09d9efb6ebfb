"""``bench``: every provider of the registry in turn, at an empty account of its own."""

import pytest

from jobs.providers import PROVIDERS
from jobs.simulator.app import Simulator

from .harness import MAKERS, Bench


@pytest.fixture(params=PROVIDERS)
def bench(request: pytest.FixtureRequest, simulator: Simulator) -> Bench:
    return MAKERS[request.param](simulator)
