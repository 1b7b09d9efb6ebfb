"""A run of one operation in one project: claim, check, call, see, write; again, until nothing is due (DESIGN 6.4).

Killed at any point it loses nothing and repeats no effect: what was intended is written before each call, and an item
found with an open intent is first read from the provider.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet

from jobs.connections import connect, kind_of
from jobs.models import (
    Archive,
    BatchJob,
    Operation,
    OperationItem,
    OperationItemQuerySet,
    OperationProject,
    Outcome,
    Project,
    Step,
)
from jobs.providers.base import CredentialError, Provider
from jobs.sync import between

from . import calls, judging, saving, sighting, standing, writing
from .answers import digest, ended
from .calls import Answer, Brake, Call, Kind
from .claims import Claim, LeaseLost, claim, lease
from .ending import finish
from .judging import End, Next, Save, Wait
from .writing import Change

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Asked = Sequence[tuple[OperationItem, Call]]
UNSEEN = 1_000  # accepted deletes after which a look at what is gone comes first


def run(operation_id: int, project_id: int, *, now: Clock, seconds: float) -> None:
    """Work for about ``seconds`` on what is due of an operation in a project."""
    ends = time.monotonic() + seconds
    with ThreadPoolExecutor(calls.threads(), thread_name_prefix="operation") as pool:
        work = Run(operation_id, project_id, pool, now)
        while time.monotonic() < ends and work.go_on():
            pass
    finish(operation_id, at=now())


@dataclass(slots=True)
class Run:
    operation_id: int
    project_id: int
    pool: Executor
    now: Clock
    brake: Brake = field(default_factory=Brake)
    unseen: int = 0
    looked_at: float = 0.0
    renewed_at: float = 0.0
    operation: Operation = field(init=False)
    project: Project = field(init=False)
    provider: Provider = field(init=False)

    def go_on(self) -> bool:
        """One chunk; False when nothing is due now."""
        if not self._may_go_on():
            return False
        try:
            chunk = self._claim(self.now())
            if chunk is None:
                return False
            self._renew(chunk)
            self._work_on(chunk)
        except LeaseLost:
            log.warning("lease lost operation=%s project=%s", self.operation_id, self.project_id)
        return True

    # What is due

    def _may_go_on(self) -> bool:
        at, found = self.now(), Operation.objects.running().select_related("actor").filter(pk=self.operation_id).first()
        concerned = self._concerned().select_related("project").first()
        if found is None or concerned is None or (concerned.rest_until and concerned.rest_until > at):
            return False
        project = concerned.project
        if reason := standing.barred(concerned, project):
            standing.close(found, self.project_id, reason, at=at)
            return False
        assert project is not None
        self.operation, self.project = found, project
        if reason := standing.stopped(found, project):
            standing.close(found, self.project_id, reason, at=at, untouched=True)
        return self._connect(at)

    def _concerned(self) -> QuerySet[OperationProject]:
        return OperationProject.objects.filter(operation=self.operation_id, project=self.project_id)

    def _connect(self, at: datetime) -> bool:
        try:
            self.provider = connect(self.project)
        except CredentialError as exc:
            self._fail_all(str(exc), at)
            return False
        return True

    def _fail_all(self, sentence: str, at: datetime) -> None:
        """A key that is not accepted fails this project's items, and no other's."""
        standing.close(self.operation, self.project_id, sentence, at=at, outcome=Outcome.FAILED)

    def _claim(self, at: datetime) -> Claim | None:
        """Calls first, until many deletes wait to be seen done: one list then tells of all."""
        items: OperationItemQuerySet = OperationItem.objects.filter(
            operation=self.operation_id, project=self.project_id
        )
        for to_call in (False, True) if self.unseen >= UNSEEN else (True, False):
            chunk = claim(items, at=at, to_call=to_call)
            if chunk.items:
                self.unseen = self.unseen + len(chunk.items) if to_call else 0
                return chunk
        return None

    # One chunk

    def _work_on(self, chunk: Claim) -> None:
        jobs = self._jobs(chunk.items)
        archives = saving.found([item.job_id for item in chunk.items if item.step == Step.ARCHIVE and item.job_id])
        plans = [(item, self._next(item, jobs.get(item.job_id or 0), archives, chunk)) for item in chunk.items]
        self._wait_for_results([jobs[item.job_id] for item, step in plans if isinstance(step, Save) and item.job_id])
        moved = [self._moved(item, step) for item, step in plans if not isinstance(step, Call)]
        writing.settle(self.operation, self.project, chunk, moved, at=self.now())
        asked = [(item, step) for item, step in plans if isinstance(step, Call)]
        self._change(chunk, [(item, call) for item, call in asked if call.kind in (Kind.CANCEL, Kind.DELETE)], jobs)
        self._look(chunk, [(item, call) for item, call in asked if call.kind in (Kind.READ, Kind.POLL)], jobs)

    def _jobs(self, items: Sequence[OperationItem]) -> dict[int, BatchJob]:
        return BatchJob.objects.in_bulk([item.job_id for item in items if item.job_id])

    def _next(self, item: OperationItem, job: BatchJob | None, archives: dict[int, Archive], chunk: Claim) -> Next:
        at = self.now()
        if item.pk in chunk.taken:
            return End(Outcome.SKIPPED, f"Operation {chunk.taken[item.pk]} is acting on it.")
        if item.started_at is None:
            return Wait(at + judging.SOONEST)
        if job is None or not (item.attempts or item.step):
            return judging.first(self.operation, item, job, self.project, at=at)
        if item.step == Step.ARCHIVE:
            follows = judging.saved(self.operation.action, job, archives.get(job.pk), at=at)
            return follows or Wait(at)
        if item.intent or item.step:
            return self._sight(item, job, at)
        return judging.onward(self.operation, item, job, self.project, at=at)

    def _sight(self, item: OperationItem, job: BatchJob, at: datetime) -> Next:
        """Look at the provider, unless a sync has seen since then that the job ended."""
        if item.ticket:
            return Call(item.pk, Kind.POLL, job.name, item.ticket)
        if item.step == Step.CANCEL and judging.has_ended_since(item, job):
            return judging.seen(self.operation.action, item, job, at=at) or Wait(at)
        return Call(item.pk, Kind.READ, job.name)

    def _moved(self, item: OperationItem, step: End | Save | Wait) -> Change:
        at = self.now()
        if isinstance(step, End):
            return ended(item, step, at)
        if isinstance(step, Save):
            item.step, item.step_at, item.next_attempt_at = Step.ARCHIVE, at, at + judging.SAVING
        else:
            # What waits for nothing goes on to its next call: its results are safe, or it has ended.
            item.next_attempt_at = step.until
            item.step, item.step_at = ("", None) if step.until <= at else (item.step, item.step_at)
        return Change(item)

    def _wait_for_results(self, jobs: list[BatchJob]) -> None:
        if jobs:
            saving.ask(jobs, by=self.operation.actor_name, at=self.now())

    # Calls

    def _change(self, chunk: Claim, asked: Asked, jobs: dict[int, BatchJob]) -> None:
        """Cancel and delete: what is intended is committed before the first byte is sent."""
        if not asked:
            return
        for item, call in asked:
            item.intent, item.intent_at, item.attempts = call.kind, self.now(), item.attempts + 1
        ours = writing.intend(chunk, [item for item, _ in asked], at=self.now())
        self._make(chunk, [(item, call) for item, call in asked if item.pk in ours], jobs)

    def _look(self, chunk: Claim, asked: Asked, jobs: dict[int, BatchJob]) -> None:
        """See what became of jobs, by the list where that tells of more at once."""
        if not asked:
            return
        listed = self._listed(chunk, [call for _, call in asked if call.kind is Kind.READ])
        known = [(item, answer) for item, call in asked if (answer := self._from(listed, item, call))]
        settled = {item.pk for item, _ in known}
        self._digest(chunk, known, jobs)
        self._make(chunk, [(item, call) for item, call in asked if item.pk not in settled], jobs)

    def _listed(self, chunk: Claim, reads: list[Call]) -> sighting.Listed | None:
        names = {call.name for call in reads}
        if len(names) < sighting.GET_AT_LEAST:
            return None
        kind = kind_of(self.project)
        pages = sighting.pages_of(self.project, len(names), kind)
        if pages >= len(names):
            return None
        return sighting.walk(self.provider, kind, names, lambda: self._look_around(chunk), 2 * pages + 1)

    def _from(self, listed: sighting.Listed | None, item: OperationItem, call: Call) -> Answer | None:
        """What a list tells of a job: that it is there still, or is not any more; else None."""
        if listed is None or call.kind is not Kind.READ:
            return None
        deleting = Kind.DELETE in (item.intent, item.step)
        return sighting.told(listed, call, kind_of(self.project), deleting=deleting)

    def _make(self, chunk: Claim, asked: Asked, jobs: dict[int, BatchJob]) -> None:
        items = {item.pk: item for item, _ in asked}
        made = calls.make(
            self.provider, [call for _, call in asked], self.pool, self.brake, lambda: self._look_around(chunk)
        )
        between.store(self.project, [answer.job for answer in made if answer.job], at=self.now())
        seen = [items[answer.call.item] for answer in made if answer.job]
        self._digest(chunk, [(items[answer.call.item], answer) for answer in made], jobs | self._jobs(seen))

    def _digest(self, chunk: Claim, made: Sequence[tuple[OperationItem, Answer]], jobs: dict[int, BatchJob]) -> None:
        at = self.now()
        changes = [digest(self.operation, item, answer, jobs.get(item.job_id or 0), at=at) for item, answer in made]
        writing.settle(self.operation, self.project, chunk, changes, at=at)
        errors = [answer.error for _, answer in made if answer.error]
        if rest := max((error.retry_after or 0 for error in errors), default=0):
            self._concerned().update(rest_until=at + timedelta(seconds=rest))
        if revoked := next((error for error in errors if isinstance(error, CredentialError)), None):
            self._fail_all(str(revoked), at)

    # While answers are awaited

    def _renew(self, chunk: Claim) -> None:
        chunk.renew(self.now())
        self.renewed_at = time.monotonic()
        self.brake.renewed(lease().total_seconds())

    def _look_around(self, chunk: Claim) -> None:
        """Keep the lease, and send nothing more once somebody stopped the operation."""
        moment = time.monotonic()
        if moment - self.renewed_at > lease().total_seconds() / 3:
            self._renew(chunk)
        if moment - self.looked_at > 1:
            self.looked_at = moment
            running = Operation.objects.running().filter(pk=self.operation_id, stop_requested_at=None)
            self.brake.stopped = not running.exists()
