"""Facts in, changes out: a batch of jobs as the provider spells them into at most 500 rows (DESIGN 5)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet

from jobs import bulk
from jobs.models import BatchJob, Project
from jobs.providers.base import RawJob, RemoteJob
from jobs.states import TERMINAL, State

from . import gone, history, tally
from .rows import KNOWN, OBSERVED, Observation, fingerprint, observe, values

BAD = (State.FAILED, State.EXPIRED, State.UNKNOWN)
LARGEST = 500  # rows a transaction
MOST_REMEMBERED = 50_000  # some 20 MB
NEW = ("id", "project", "name", "first_seen_at", *OBSERVED)


@dataclass(frozen=True, slots=True)
class Changes:
    """What storing a batch changed. ``job_ids``: rows that look different now; ``judged``: whose state came anew."""

    created: int
    changed: int
    job_ids: list[int]
    judged: list[int]


@dataclass(frozen=True, slots=True)
class Batch:
    """What of a batch differs from what is stored, parsed; read before the transaction, so that it stays short.

    ``settled``: every job in it was known, terminal and unchanged.
    """

    seen: int
    news: dict[str, tuple[RemoteJob, bytes]]
    settled: bool
    new_names: list[str]

    @property
    def unchanged(self) -> int:
        return self.seen - len(self.news)

    def with_outputs(self, find: Callable[[RemoteJob, bool], RemoteJob]) -> "Batch":
        """``find(job, known)`` may add what a list leaves out of a job that was known before."""
        new = set(self.new_names)
        news = {name: (find(job, name not in new), body) for name, (job, body) in self.news.items()}
        return replace(self, news=news)


def read(memory: "Memory", jobs: Iterable[RawJob], parse: Callable[[bytes], RemoteJob]) -> Batch:
    """Leave out what is stored just so: same bytes, same parser, not gone."""
    bodies = {job.name: job.body for job in jobs}
    stored = memory.of(list(bodies))
    news = {}
    for name, body in bodies.items():
        if name not in stored or _is_outdated(stored[name], body):
            news[name] = (_named(parse(body), name), body)
    settled = not news and all(state in TERMINAL for _, _, state, _ in stored.values())
    return Batch(len(bodies), news, settled, [name for name in news if name not in stored])


def _named(job: RemoteJob, name: str) -> RemoteJob:
    """A list and a parser agree on names, but the list's is the one it is stored under."""
    return job if job.name == name else replace(job, name=name)


# What is enough to see that nothing changed: name, raw_hash, state, gone_at. A plain tuple, which the garbage
# collector soon leaves alone: thousands of objects of a class of ours make it walk the whole process.
Stored = tuple[str, bytes | memoryview, str, datetime | None]


def _is_outdated(stored: Stored, body: bytes) -> bool:
    _, raw_hash, _, gone_at = stored
    return gone_at is not None or bytes(raw_hash) != fingerprint(body)


def _by_name(jobs: QuerySet[BatchJob]) -> dict[str, Stored]:
    return {row[0]: row for row in jobs.values_list("name", "raw_hash", "state", "gone_at")}


class Memory:
    """What is stored of a project's jobs, by name: asked for batch by batch, or read at once for a sweep."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._all: dict[str, Stored] | None = None

    def learn_all(self) -> None:
        """One query instead of one a batch, as long as that is little to keep."""
        learned = _by_name(self.project.jobs.all()[: MOST_REMEMBERED + 1])
        self._all = learned if len(learned) <= MOST_REMEMBERED else None

    def of(self, names: list[str]) -> dict[str, Stored]:
        if self._all is None:
            return self._ask(names)
        return {name: self._all[name] for name in names if name in self._all}

    def absent(self, seen: set[str]) -> list[str] | None:
        """Names of listed jobs that are not among ``seen``; None when not all are remembered."""
        if self._all is None:
            return None
        return [name for name, (_, _, _, gone_at) in self._all.items() if gone_at is None and name not in seen]

    def learn(self, batch: Batch) -> None:
        """After ``batch`` was written; its states are not known here, so none of its jobs counts as settled."""
        if self._all is not None:
            self._all |= {name: (name, fingerprint(body), "", None) for name, (_, body) in batch.news.items()}

    def _ask(self, names: list[str]) -> dict[str, Stored]:
        return _by_name(self.project.jobs.filter(name__in=names))


def write(project: Project, batch: Batch, *, at: datetime, began: datetime | None = None) -> Changes:
    """Store ``batch``; the caller holds the transaction and has checked its lease in it.

    ``began`` is when reading began: a job that somebody deleted here since then stays gone.
    """
    new = set(batch.new_names)
    known = _known(project, [name for name in batch.news if name not in new])
    gone_by_us = {name for name, job in known.items() if began and gone.deleted_since(job, began)}
    news = {name: news for name, news in batch.news.items() if name not in gone_by_us}
    seen = {name: observe(job, body, known.get(name), at=at) for name, (job, body) in news.items()}
    ids = _write_rows(project, seen, at)
    history.write([(ids[name], one) for name, one in seen.items()], at=at)
    tally.add(project, tally.of_observations(seen.values()))
    created = sum(one.known is None for one in seen.values())
    visible = [ids[name] for name, one in seen.items() if _is_visible(one)]
    judged = [ids[name] for name, one in seen.items() if _is_judged(one)]
    return Changes(created, len(seen) - created, visible, judged)


def _is_judged(one: Observation) -> bool:
    """Whether somebody may have to look at it now, or no more."""
    known = one.known
    return one.state in BAD if known is None or known.gone_at else one.state_changed


def _is_visible(one: Observation) -> bool:
    """A job whose bytes changed but that shows the same (a moved update time) makes no page stale."""
    known = one.known
    return known is None or known.gone_at is not None or one.state_changed or one.counts_changed


def _known(project: Project, names: list[str]) -> dict[str, BatchJob]:
    """The rows as they are now, locked: a cancel request written meanwhile is an input, not overwritten."""
    rows = project.jobs.filter(name__in=names).only("project_id", *KNOWN).order_by("pk")
    return {job.name: job for job in rows.select_for_update()}


def _write_rows(project: Project, seen: dict[str, Observation], at: datetime) -> dict[str, int]:
    """The ids of all jobs seen, by name."""
    new = [one for one in seen.values() if one.known is None]
    ids = bulk.reserve_ids(BatchJob, len(new))
    rows = [
        (pk, project.pk, one.remote.name, at, *values(one, first_seen=at, at=at))
        for pk, one in zip(ids, new, strict=True)
    ]
    bulk.insert(BatchJob, NEW, rows)
    bulk.update(BatchJob, (*OBSERVED, "id"), [_update_row(one, at) for one in seen.values() if one.known])
    named = {one.remote.name: pk for pk, one in zip(ids, new, strict=True)}
    return named | {name: one.known.pk for name, one in seen.items() if one.known}


def _update_row(one: Observation, at: datetime) -> tuple[object, ...]:
    assert one.known is not None
    return (*values(one, first_seen=one.known.first_seen_at, at=at), one.known.pk)
