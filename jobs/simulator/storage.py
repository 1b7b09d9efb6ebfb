"""What a Vertex account's bucket and dataset hold: inputs from the start, outputs once a job has ended.

They outlive their job.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from jobs.simulator.clock import Clock
from jobs.simulator.jobs import SimJob
from jobs.simulator.results import Blob, Bytes, Lines, RequestLines


class Side(NamedTuple):
    """One end of a job."""

    job: SimJob
    output: bool

    def count(self, now: datetime) -> int:
        """How many lines it holds, 0 while it is not there."""
        if not self.output:
            return self.job.requests if self.job.created <= now else 0
        seen = self.job.snapshot(now)
        return seen.done if seen.terminal else 0

    def lines(self, now: datetime) -> Lines | None:
        """Its content, None while there is none."""
        count = self.count(now)
        return (Lines(self.job, count) if self.output else RequestLines(self.job)) if count else None

    def written(self, now: datetime) -> datetime:
        ended = self.job.snapshot(now).ended
        return ended if self.output and ended else self.job.created


@dataclass(frozen=True)
class Put:
    """An object by hand."""

    content: Bytes
    at: datetime


@dataclass(frozen=True)
class Table:
    """A table by hand."""

    fields: list[dict[str, Any]]
    rows: list[list[Any]]
    at: datetime

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def size(self) -> int:
        return 100 * len(self.rows)

    def written(self, now: datetime) -> datetime:
        return self.at


class Storage:
    def __init__(self, bucket: str, cloud_project: str, clock: Clock) -> None:
        self.bucket, self.cloud_project, self.clock = bucket, cloud_project, clock
        self.objects: dict[str, Side | Put] = {}
        self.tables: dict[tuple[str, str], Side | Table] = {}
        self.closed = False
        """The account's credential may read neither bucket nor tables."""
        self._names: list[str] = []

    def add(self, job: SimJob) -> None:
        """Room for a job's input and output, as far as they are here."""
        self._place(job.input_name, Side(job, output=False))
        self._place(output_place(job), Side(job, output=True))

    def put(self, name: str, content: bytes) -> None:
        """An object by hand, for tests; a new generation of one that is there."""
        self._keep(name, Put(Bytes(content), self.clock.now()))

    def put_table(self, dataset: str, name: str, fields: list[dict[str, Any]], rows: list[list[Any]]) -> None:
        """A table by hand: ``fields`` as in a schema, ``rows`` of cells as they stand behind "v" (WIRE 3.2)."""
        self.tables[dataset, name] = Table(fields, rows, self.clock.now())

    def remove(self, name: str) -> None:
        """Delete an object. Raises KeyError."""
        del self.objects[name]
        self._names.remove(name)

    def _place(self, address: str, side: Side) -> None:
        mine = f"gs://{self.bucket}/"
        if address.startswith(mine):
            self._keep(address.removeprefix(mine), side)
        project, _, table = address.removeprefix("bq://").partition(".")
        if address.startswith("bq://") and project == self.cloud_project and "." in table:
            dataset, _, name = table.partition(".")
            self.tables[dataset, name] = side

    def _keep(self, name: str, thing: Side | Put) -> None:
        if name not in self.objects:
            insort(self._names, name)
        self.objects[name] = thing

    def blob(self, name: str) -> Blob | None:
        thing = self.objects.get(name)
        if isinstance(thing, Side) and thing.output and thing.job.content is not None:
            return Bytes(thing.job.content) if self._there(thing) else None
        if isinstance(thing, Put):
            return thing.content
        return thing.lines(self.clock.now()) if thing else None

    def written(self, name: str) -> datetime:
        thing = self.objects[name]
        now = self.clock.now()
        return thing.written(now) if isinstance(thing, Side) else thing.at

    def names(self, prefix: str, after: str) -> Iterator[str]:
        """Names of objects with content, in order, from behind ``after``."""
        for name in self._names[bisect_left(self._names, max(prefix, after)) :]:
            if not name.startswith(prefix):
                return
            if name != after and self._there(self.objects[name]):
                yield name

    def _there(self, thing: Side | Put) -> bool:
        return isinstance(thing, Put) or thing.count(self.clock.now()) > 0

    def table(self, dataset: str, name: str) -> "Lines | Table | None":
        found = self.tables.get((dataset, name))
        return found.lines(self.clock.now()) if isinstance(found, Side) else found


def output_folder(job: SimJob) -> str:
    """gs://…/prediction-model-<moment of its start>, "" for a job that never starts (WIRE 2.6)."""
    if job.starts is None:
        return ""
    moment = job.starts.astimezone(UTC)
    return f"{job.output_name.rstrip('/')}/prediction-model-{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def output_table(job: SimJob) -> str:
    """bq://project.dataset.table: as asked, or named after the start (WIRE 2.7)."""
    if job.starts is None:
        return ""
    parts = job.output_name.removeprefix("bq://").split(".")
    parts += ["gen_ai_batch_prediction"] if len(parts) == 1 else []
    parts += [f"predictions_{job.starts.astimezone(UTC):%Y_%m_%dT%H_%M_%S_%fZ}"] if len(parts) == 2 else []
    return f"bq://{'.'.join(parts)}"


def output_place(job: SimJob) -> str:
    if job.source == "bigquery":
        return output_table(job)
    folder = output_folder(job)
    return f"{folder}/predictions.jsonl" if folder else ""
