"""Progress bars for commands that move gigabytes: on a terminal only, so that scripts and logs stay clean."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from tqdm import tqdm

Step = Callable[[int], None]


@contextmanager
def bytes_bar(title: str, total: int | None) -> Iterator[Step]:
    """The function it gives is told of bytes; drawn on stderr, beside what the command prints."""
    with tqdm(total=total or None, desc=title, unit="B", unit_scale=True, leave=False, disable=_quiet()) as bar:
        yield lambda size: _step(bar, size)


@contextmanager
def count_bar(title: str, total: int) -> Iterator[Step]:
    with tqdm(total=total, desc=title, leave=False, disable=_quiet()) as bar:
        yield lambda number: _step(bar, number)


def _step(bar: "tqdm[NoReturn]", size: int) -> None:
    bar.update(size)


def _quiet() -> bool:
    return not sys.stderr.isatty()
