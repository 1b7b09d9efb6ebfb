"""The first rows of results that are only at the provider: a page's worth, read while a person waits, then left."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore

from jobs.models import BatchJob
from jobs.providers import deadline
from jobs.providers.base import Chunks, RefusedError, TransientError

from .classes import Line, read_line
from .exporting import numbered
from .originals import NoResults, Provided
from .reading import open_results

ROWS = 50
MOST_BYTES = 4 * 2**20
PATIENCE = 8.0  # seconds
_looking = BoundedSemaphore(2)  # each holds a thread that makes pages


@dataclass(frozen=True, slots=True)
class Beginning:
    """``whole``: there are no further rows. ``size``: bytes of the rows; of what came where not one of them ended."""

    rows: list[Line]
    size: int
    whole: bool


def beginning(job: BatchJob) -> Beginning:
    """Raise NoResults or a ProviderError, also when it takes too long."""
    with _while_somebody_waits():
        source = open_results(job, pause=_once_only)
        if not source.parts:
            raise NoResults("The provider has no results of this job, so there is nothing to see.")
        if not all(part.resumable or part.size is not None for part in source.parts):
            raise RefusedError("These results are part of the job itself and come only as a whole: save them.")
        return _read(_Limited(source))


def _read(original: "_Limited") -> Beginning:
    rows: list[Line] = []
    size = 0
    with closing(numbered(original)) as lines:
        try:
            for number, body in lines:
                if len(rows) == ROWS:
                    return Beginning(rows, size, whole=False)
                size += len(body) + 1
                line = read_line(body)
                line.line = number
                rows.append(line)
        except _Enough:
            return Beginning(rows, size or original.come, whole=False)
    return Beginning(rows, original.come, whole=True)


class _Enough(Exception):
    """So much was read that the rest is left, in the middle of a line if need be."""


class _Limited(Provided):
    come = 0

    def chunks(self, start: int = 0, end: int | None = None, part: int | None = None) -> Chunks:
        with closing(super().chunks(start, end, part)) as chunks:
            for chunk in chunks:
                self.come += len(chunk)
                yield chunk
                if self.come >= MOST_BYTES:
                    raise _Enough


@contextmanager
def _while_somebody_waits() -> Iterator[None]:
    if not _looking.acquire(blocking=False):
        raise TransientError("Others look at results of the provider just now: try again in a moment.")
    try:
        with deadline.within(PATIENCE):
            yield
    finally:
        _looking.release()


def _once_only(seconds: float) -> None:
    raise TransientError("The provider did not give the rows in time: try again, or save the results.")
