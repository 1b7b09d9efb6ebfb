"""How long-running processes collect garbage."""

import subprocess
import sys

from tests.runtime.processes import REPOSITORY

SETTLED = (
    "import gc, dashboard.memory as memory; memory.settle(); print(gc.get_freeze_count() > 10_000, gc.get_threshold())"
)


def test_what_is_loaded_is_collected_no_more() -> None:
    said = subprocess.run([sys.executable, "-c", SETTLED], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert said.stdout == "True (5000, 20, 50)\n"
