"""A job's results as one stream of bytes, wherever the provider keeps them, over connections that break."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event

from jobs.connections import connect
from jobs.models import BatchJob
from jobs.providers import deadline
from jobs.providers.base import Chunks, Part, Provider, ResultPlace, ResultsChanged, TransientError

ATTEMPTS = 5  # in a row that bring less than PROGRESS
PROGRESS = 1024 * 1024
LONGEST_PAUSE = 30.0
Pause = Callable[[float], object]


@dataclass(frozen=True, slots=True)
class Source:
    """What a provider has of one job. ``pause`` waits the seconds it is given, before a request is made again.

    Once ``stop`` is set, whatever is being read is left at once, with a TransientError.
    """

    provider: Provider
    parts: list[Part]
    pause: Pause = time.sleep
    stop: Event = field(default_factory=Event)

    @property
    def size(self) -> int | None:
        """Bytes of all parts; None where one does not tell."""
        sizes = [part.size for part in self.parts if part.size is not None]
        return sum(sizes) if len(sizes) == len(self.parts) else None

    def named(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Every part's name with its bytes, one after the other."""
        for part in self.parts:
            with closing(self.chunks(part)) as chunks:
                yield part.name, chunks

    def chunks(self, part: Part, start: int = 0) -> Chunks:
        """The bytes of ``part`` from ``start`` on, each exactly once, however often the connection is cut.

        Closing the iterator ends the request. Raise a ProviderError as ``Provider.stream`` does; a TransientError
        when it was cut too often, or cannot be continued (``part.resumable``): then only a new start helps.
        """
        given, mark, failures = start, start, 0
        while True:
            try:
                with closing(self.provider.stream(part, given)) as stream:
                    while chunk := self._next(stream):
                        given += len(chunk)
                        yield chunk
                return
            except TransientError as exc:
                mark, failures = (given, 1) if given - mark >= PROGRESS else (mark, failures + 1)
                cannot = isinstance(exc, ResultsChanged) or (given > start and not part.resumable)
                if cannot or failures >= ATTEMPTS or self.stop.is_set():
                    raise
                self.pause(min(exc.retry_after or 2.0 ** (failures - 2), LONGEST_PAUSE))

    def _next(self, stream: Chunks) -> bytes:
        with deadline.until(self.stop):
            return next(stream, b"")


def open_results(job: BatchJob, *, pause: Pause = time.sleep, stop: Event | None = None) -> Source:
    """Find a finished job's results; raise a ProviderError (GoneError: they are no more). Waits for the budget."""
    stop = stop or Event()
    provider = connect(job.project)
    with deadline.until(stop):
        parts = provider.parts(ResultPlace(job.name, job.output))
    return Source(provider, parts, pause, stop)


def open_requests(job: BatchJob, *, pause: Pause = time.sleep) -> Source:
    """Find a job's requests; without parts where they are not known."""
    provider = connect(job.project)
    return Source(provider, provider.input_parts(job.source), pause)
