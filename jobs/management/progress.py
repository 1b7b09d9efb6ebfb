"""Progress bars for commands that move gigabytes: on a terminal only, so that scripts and logs stay clean."""

import sys

from tqdm import tqdm


def bytes_bar(title: str, total: int | None) -> "tqdm[None]":
    """Its ``update(size)`` is told of bytes; written to stderr, beside what the command prints."""
    return tqdm(total=total or None, desc=title, unit="B", unit_scale=True, leave=False, disable=_quiet())


def count_bar(title: str, total: int) -> "tqdm[None]":
    return tqdm(total=total, desc=title, leave=False, disable=_quiet())


def _quiet() -> bool:
    return not sys.stderr.isatty()
