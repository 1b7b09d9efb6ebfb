"""Every place in which today's providers put results, each as a finished job at an account of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jobs.providers.base import Part, Provider, ResultPlace
from jobs.simulator.app import Simulator
from jobs.simulator.jobs import SimJob

from .harness import Bench, gemini_bench, vertex_bench

DONE: dict[str, Any] = {"queue_seconds": 0, "run_seconds": 0}
SOME = DONE | {"requests": 40, "failed": 3}


@dataclass(frozen=True)
class Place:
    """Where ``job`` has its results. ``lose`` takes them away; ``paths`` matches the requests that read them."""

    name: str
    bench: Bench
    job: SimJob
    lose: Callable[[], Any]
    paths: str

    @property
    def where(self) -> ResultPlace:
        return ResultPlace(self.job.name, self.bench.read(self.job.name).output)

    def provider(self, **options: Any) -> Provider:
        return self.bench.connect(**options)

    def part(self) -> Part:
        (part,) = self.provider().parts(self.where)
        return part

    def read(self, start: int = 0) -> bytes:
        return b"".join(self.provider().stream(self.part(), start))


def gemini_file(simulator: Simulator, **fields: Any) -> Place:
    bench = gemini_bench(simulator)
    job = bench.remote.add_job(**(SOME | fields))
    return Place("gemini file", bench, job, lambda: bench.remote.forget(job.name), ":download$")


def gemini_inline(simulator: Simulator, **fields: Any) -> Place:
    bench = gemini_bench(simulator)
    job = bench.remote.add_job(**(SOME | {"source": "inline"} | fields))
    return Place("gemini inline", bench, job, lambda: bench.remote.forget(job.name), "/batches/")


def gemini_inline_embeddings(simulator: Simulator) -> Place:
    place = gemini_inline(simulator, model="gemini-embedding-001")
    place.job.embeds = True
    return place


def vertex_bucket(simulator: Simulator, **fields: Any) -> Place:
    bench = vertex_bench(simulator)
    job = bench.remote.add_job(**(SOME | fields))
    storage = bench.remote.storage  # type: ignore[attr-defined]
    (name,) = storage.names("out/", "")
    return Place("vertex bucket", bench, job, lambda: storage.remove(name), "/storage/v1/.*/o/")


def vertex_table(simulator: Simulator) -> Place:
    bench = vertex_bench(simulator)
    job = bench.remote.add_job(requests=2500, failed=3, source="bigquery", **DONE)
    tables = bench.remote.storage.tables  # type: ignore[attr-defined]
    return Place("vertex table", bench, job, tables.clear, "/data$")


PLACES: dict[str, Callable[[Simulator], Place]] = {
    "file": gemini_file,
    "inline": gemini_inline,
    "embeddings": gemini_inline_embeddings,
    "bucket": vertex_bucket,
    "table": vertex_table,
}
