"""What tests of pages share."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine


@pytest.fixture
def noon(at: datetime) -> Iterator[None]:
    """The clock stands."""
    with time_machine.travel(at, tick=False):
        yield
