"""One sync of one project: an incremental pass that stops early, or a full sweep that finds vanished jobs."""

import logging
import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, Max, Min

from jobs import stale, troubles
from jobs.connections import finds_known_job, kind_of
from jobs.models import Project
from jobs.providers.base import (
    EVERYTHING,
    GoneError,
    Page,
    ProviderKind,
    RawJob,
    RefusedError,
    RemoteJob,
    Scope,
    UnaskableError,
)

from . import doubles, gone, merge
from .reader import Reader

log = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=10)  # a list "created since" begins this much before the newest known job
MOST_GETS = 300  # in one sweep; the next goes on
UNLISTED = "The provider does not know it any more."


class WrongAccount(Exception):
    """The credential works but finds none of the project's jobs, so nothing it lists is stored."""

    def __init__(self) -> None:
        super().__init__(
            "This credential lists another account's jobs and none of this project's, so nothing was stored:"
            " enter the right one, or confirm on the project's page that all known jobs were deleted."
        )


@dataclass(slots=True)
class Outcome:
    """Numbers of one sync. ``covered_since``: jobs created from then on were listed; None for all."""

    seen: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    visible_changes: int = 0
    full: bool = False
    unfinished: bool = False
    covered_since: datetime | None = None
    names: set[str] = field(default_factory=set)


class Work:
    """The steps of one sync, under the lease that its reader holds."""

    def __init__(self, project: Project, reader: Reader) -> None:
        self.project, self.reader = project, reader
        self.kind: ProviderKind = kind_of(project)
        self.memory = merge.Memory(project)
        self.outcome = Outcome()
        self.began = reader.now()
        self.is_double = False

    def run(self, *, full: bool) -> None:
        """Raise ProviderError, LeaseLost, SameAccount, MassVanish or WrongAccount; what was stored stays stored."""
        self.is_double = bool(self.project.same_account_as_id) and self._is_still_double()
        if self.is_double:
            return
        if not self.project.credential_proven:
            self._prove_account()
        self.outcome.full = full or not self.project.jobs.exists()
        if self.outcome.full:
            self._sweep()
        elif self.kind.capabilities.newest_first:
            self._read_newest()
        else:
            self._read_filtered()

    def _is_still_double(self) -> bool:
        names = [job.name for job in next(self.reader.pages()).jobs]
        if doubles.still_same(self.project, names):
            return True
        self.reader.hold(same_account_as=None)
        return False

    def yield_to(self, original: Project) -> None:
        """The account is that of ``original``, which keeps its jobs; raise LeaseLost."""
        with transaction.atomic():
            doubles.settle(self.project, original)
            self.reader.hold()  # afterwards: settling locks both projects, always in one order

    def _prove_account(self) -> None:
        self.reader.requests += 1
        if not self.project.brake_released_at and not finds_known_job(self.project, self.reader.provider):
            raise WrongAccount
        self.reader.hold(credential_proven=True)

    # Passes

    def _read_newest(self) -> None:
        """Newest first: stop at a page where all is known, finished and unchanged; then ask for the stragglers."""
        waiting = dict(self.project.jobs.listed().active().values_list("name", "by_created"))
        for number, page in enumerate(self.reader.pages(), start=1):
            settled = self._store(page.jobs)
            for job in page.jobs:
                waiting.pop(job.name, None)
            if page.jobs and settled and len(waiting) <= self._pages_to(waiting.values()) - number:
                self.outcome.covered_since = self._oldest(page)
                break
        self._ask_for_stragglers(waiting)

    def _pages_to(self, moments: Iterable[datetime]) -> int:
        """How many pages a list takes to reach the oldest of ``moments``."""
        oldest = min(moments, default=None)
        if oldest is None:
            return merge.LARGEST
        return self.project.jobs.listed().filter(by_created__gte=oldest).count() // self.kind.page_size + 1

    def _oldest(self, page: Page) -> datetime | None:
        names = [job.name for job in page.jobs]
        found: datetime | None = self.project.jobs.filter(name__in=names).aggregate(oldest=Min("by_created"))["oldest"]
        return found

    def _read_filtered(self) -> None:
        """No promised order: list the active jobs and those created since, then ask for active ones not listed."""
        waiting = dict(self.project.jobs.listed().active().values_list("name", "by_created"))
        newest = self.project.jobs.aggregate(newest=Max("by_created"))["newest"]
        since = min(newest, self.reader.now()) - OVERLAP  # a job dated into the future must not hide new ones
        self.outcome.covered_since = since
        for scope in (Scope(active_only=True), Scope(created_after=since)):
            for jobs in self._batches(scope):
                self._store(jobs)
                for job in jobs:
                    waiting.pop(job.name, None)
        self._ask_for_stragglers(waiting)

    def _sweep(self) -> None:
        """List everything; known jobs that are not in it are asked for one by one before they count as gone."""
        started = self.reader.now()
        self.memory.learn_all()
        for jobs in self._batches(EVERYTHING):
            self._store(jobs)
            self.outcome.names.update(job.name for job in jobs)
        doubles.check_all(self.project)
        vanished = self._vanished(started)
        gone.brake(self.project, len(vanished))
        if self.project.brake_released_at:
            self._mark_gone(list(vanished.values()), "No longer listed; a person confirmed it.")
            return
        self._ask_for(random.sample(sorted(vanished), min(len(vanished), MOST_GETS)))
        # Where none was gone, the provider only does not list them: the next sweep asks for others.
        self.outcome.unfinished = len(vanished) > MOST_GETS and self.outcome.gone > 0

    def _vanished(self, started: datetime) -> dict[str, int]:
        """Ids of jobs known before the sweep that it did not list, by name."""
        known = self.project.jobs.listed().filter(first_seen_at__lt=started)
        absent = self.memory.absent(self.outcome.names)
        if absent is not None and len(absent) <= merge.LARGEST:
            known = known.filter(name__in=absent)
        rows, ours = known.values_list("name", "pk").iterator(), gone.being_deleted(self.project)
        return {name: pk for name, pk in rows if name not in self.outcome.names and pk not in ours}

    def _batches(self, scope: Scope) -> Iterator[Sequence[RawJob]]:
        """Pages gathered into batches of at most 500 jobs."""
        waiting: list[RawJob] = []
        for page in self.reader.pages(scope):
            waiting += page.jobs
            while len(waiting) >= merge.LARGEST:
                yield waiting[: merge.LARGEST]
                waiting = waiting[merge.LARGEST :]
        if waiting:
            yield waiting

    # Single jobs

    def _ask_for_stragglers(self, names: Collection[str]) -> None:
        """Active jobs that were not listed; for hundreds of them the whole list is cheaper, and its brake apt."""
        if len(names) > MOST_GETS:
            self.outcome.full = True
            self._sweep()
        else:
            self._ask_for(names)

    def _ask_for(self, names: Iterable[str]) -> None:
        """GET each: what the provider no longer knows is gone, the rest is stored.

        What has no name to ask by is gone when a full list lacks it; what is declined stays as it was.
        """
        found, missing = [], []
        for name in names:
            try:
                found.append(self._slim(self.reader.get(name)))
            except GoneError:
                missing.append(name)
            except UnaskableError:
                missing += [name] if self.outcome.full else []
            except RefusedError as exc:
                log.warning("not read project=%s job=%s: %s", self.project.pk, name, exc)
        self._store(found)
        known = self.project.jobs.listed().filter(name__in=missing).values_list("pk", flat=True)
        ids = sorted(set(known) - gone.being_deleted(self.project))
        gone.brake(self.project, len(ids))
        self._mark_gone(ids, UNLISTED)

    def _slim(self, job: RawJob) -> RawJob:
        return replace(job, body=self.kind.without_results(job.body))

    # Storing

    def _store(self, jobs: Sequence[RawJob]) -> bool:
        """Merge at most 500 jobs in one transaction; whether all were known, finished and unchanged."""
        batch = merge.read(self.memory, jobs, self.kind.parse_job)
        self._count_batch(batch)
        if batch.news:
            doubles.refuse(self.project, batch.new_names)
            self._store_news(batch.with_outputs(self._find_output))
            self.memory.learn(batch)
        return batch.settled

    def _store_news(self, batch: merge.Batch) -> None:
        # Until a sync has read all it came for, new jobs stored may hide others from the next that stops early.
        unsure = {"full_sync_wanted": True} if batch.new_names else {}
        with transaction.atomic():
            self.reader.hold(**unsure)
            changes = merge.write(self.project, batch, at=self.reader.now(), began=self.began)
            troubles.look_at(changes.judged, at=self.reader.now())
            self._bump(changes.job_ids)
        self.outcome.created += changes.created
        self.outcome.changed += changes.changed

    def _count_batch(self, batch: merge.Batch) -> None:
        self.outcome.seen += batch.seen
        self.outcome.unchanged += batch.unchanged

    def _find_output(self, job: RemoteJob, known: bool) -> RemoteJob:
        """A list leaves inline results out: once we see such a job finished, one GET tells that they are there."""
        if not known or not self.kind.wants_get(job):
            return job
        try:
            output = self.kind.parse_job(self.reader.get(job.name).body).output
        except (GoneError, RefusedError):
            return job
        return replace(job, output=output, destination=output)

    def _mark_gone(self, ids: Sequence[int], reason: str) -> None:
        for start in range(0, len(ids), merge.LARGEST):
            with transaction.atomic():
                self.reader.hold()
                marked = gone.mark(
                    self.project, ids[start : start + merge.LARGEST], at=self.reader.now(), reason=reason
                )
                troubles.look_at(marked, at=self.reader.now())
                self._bump(marked)
            self.outcome.gone += len(marked)

    def _bump(self, job_ids: list[int]) -> None:
        """One more version of the project; open pages hear of it after the commit."""
        if not job_ids:
            return
        self.reader.hold(version=F("version") + 1)
        version = Project.objects.values_list("version", flat=True).get(pk=self.project.pk)
        self.outcome.visible_changes += len(job_ids)
        transaction.on_commit(partial(stale.announce, self.project.pk, job_ids, version=version))
