"""Archives of any bytes: written and opened as a worker and a page do."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from jobs.results import storing, writing
from jobs.results.archives import OpenArchive

Chunks = list[bytes]
Archived = Callable[..., OpenArchive]


@pytest.fixture(autouse=True)
def empty_results_folder() -> Iterator[None]:
    yield
    shutil.rmtree(settings.RESULTS_FOLDER, ignore_errors=True)


@pytest.fixture
def archived(tmp_path: Path) -> Iterator[Archived]:
    """``archived(b"…", b"…", size=7)``: parts written in chunks of ``size`` bytes, stored and opened."""
    opened: list[OpenArchive] = []

    def make(*parts: bytes, size: int = 65_536) -> OpenArchive:
        named = [(f"part-{number}.jsonl", in_chunks(part, size)) for number, part in enumerate(parts)]
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        made = writing.write(named, folder)
        name = storing.keep(made.archive, f"1/{len(opened)}.jsonl.zst")
        opened.append(OpenArchive(name, storing.keep(made.index, f"1/{len(opened)}.index.sqlite3")))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def in_chunks(data: bytes, size: int) -> Chunks:
    return [data[start : start + size] for start in range(0, len(data), size)]
