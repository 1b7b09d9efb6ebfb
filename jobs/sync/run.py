"""The one door to a sync: claim the project, do the work, write down how it went."""

import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import fmean
from uuid import UUID

from django.conf import settings

from jobs.connections import connect, kind_of
from jobs.models import Project
from jobs.providers.base import ProviderError

from . import doubles, health
from .doubles import SameAccount
from .gone import MassVanish
from .reader import Clock, LeaseLost, Reader
from .work import Work, WrongAccount

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """What one sync saw and did; ``seconds`` of wall time, ``errors`` as sentences.

    ``failed``: the jobs could not be read (a double account is said, but is no failure).
    """

    seen: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    requests: int = 0
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)
    failed: bool = False

    def add(self, other: "Report") -> None:
        for name in ("seen", "created", "changed", "unchanged", "gone", "requests", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.errors += other.errors
        self.failed = self.failed or other.failed


def sync_project(project_id: int, *, now: Clock, full: bool = False, if_due: bool = False) -> Report | None:
    """Sync one project; None when another worker holds it, it is off the board, or not due though it should be.

    Trouble is written to the project and into the report, never raised.
    """
    lease = timedelta(seconds=settings.SYNC_LEASE_SECONDS)
    at = now()
    projects = Project.objects.due(at) if if_due else Project.objects.on_board()
    token = projects.filter(pk=project_id).claim(at, lease)
    if token is None:
        return None
    project = Project.objects.select_related("same_account_as").get(pk=project_id)
    started = time.monotonic()
    try:
        report = _attempt(project, token, now, full=full or wants_full(project, now))
    except KeyboardInterrupt:  # a command stopped by hand: nobody needs to wait for its lease
        Project.objects.held_by(token).update(leased_until=None, lease_token=None)
        raise
    report.seconds = round(time.monotonic() - started, 3)
    log.log(_level(report), "synced project=%s %s", project_id, _in_words(report))
    return report


def _level(report: Report) -> int:
    """Of thousands of syncs a day, most find nothing."""
    if report.errors:
        return logging.WARNING
    return logging.INFO if report.created or report.changed or report.gone else logging.DEBUG


def wants_full(project: Project, now: Clock) -> bool:
    """A full sweep now and then, after errors, and when somebody asked for it."""
    every = timedelta(seconds=settings.SYNC_FULL_SECONDS)
    return project.full_sync_wanted or project.swept_at is None or abs(now() - project.swept_at) >= every


def _attempt(project: Project, token: UUID, now: Clock, *, full: bool) -> Report:
    work = None
    try:
        reader = Reader(project, connect(project), token, now, kind_of(project).page_size)
        work = Work(project, reader)
        trouble = _trouble_of(work, full=full)
    except LeaseLost as exc:
        return _report(work, health.Trouble("lease", f"Stopped: {exc}."))
    except ProviderError as exc:
        trouble = health.Trouble(exc.kind, str(exc), exc.retry_after)
    except Exception as exc:  # the boundary: one project's surprise must not stop the others
        log.exception("sync failed project=%s", project.pk)
        trouble = health.Trouble(
            "internal", f"Batchboard could not read this project ({type(exc).__name__}): see its log."
        )
    _write_down(project, token, work, trouble, now)
    return _report(work, trouble)


def _trouble_of(work: Work, *, full: bool) -> health.Trouble | None:
    """Do the work; what stops it by intent becomes a warning, what the provider says is raised."""
    try:
        work.run(full=full)
    except MassVanish as exc:
        return health.Trouble("brake", str(exc), brake="mass_vanish")
    except WrongAccount as exc:
        return health.Trouble("brake", str(exc), brake="wrong_account")
    except SameAccount as exc:
        work.yield_to(exc.original)
        return health.Trouble("double", str(exc))
    return health.Trouble("double", doubles.SENTENCE) if work.is_double else None


def _write_down(project: Project, token: UUID, work: Work | None, trouble: health.Trouble | None, now: Clock) -> None:
    reached = trouble is None or trouble.brake == "mass_vanish" or trouble.kind == "double"
    if work is None or not reached:
        assert trouble is not None
        health.fail(project, token, trouble, at=now())
        return
    outcome, reader = work.outcome, work.reader
    braked = trouble is not None and bool(trouble.brake)
    swept = outcome.full and not outcome.unfinished and (trouble is None or braked)
    success = health.Success(
        full=swept and not braked,
        swept=swept,
        whole=swept or (not outcome.unfinished and (trouble is None or bool(project.brake))),
        changed=outcome.visible_changes > 0,
        covered_since=outcome.covered_since,
        latency=fmean(reader.latencies) if reader.latencies else None,
        skew=reader.skew,
        warning=trouble,
    )
    health.succeed(project, token, success, at=now())


def _report(work: Work | None, trouble: health.Trouble | None) -> Report:
    errors = [trouble.sentence] if trouble else []
    failed = trouble is not None and trouble.kind != "double"
    if work is None:
        return Report(errors=errors, failed=failed)
    outcome = work.outcome
    return Report(
        seen=outcome.seen,
        created=outcome.created,
        changed=outcome.changed,
        unchanged=outcome.unchanged,
        gone=outcome.gone,
        requests=work.reader.requests,
        errors=errors,
        failed=failed,
    )


def _in_words(report: Report) -> str:
    return " ".join(f"{name}={getattr(report, name)}" for name in Report.__slots__)
