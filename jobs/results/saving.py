"""Saving one job's results: claim its row, read, write, store, and only then say so; any step may be the last.

A worker killed anywhere leaves a row whose lease runs out, and files that no row names (storing.sweep). A worker that
lost its lease stores nothing: what a newer one wrote stays.
"""

import logging
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from jobs.models import Archive, ArchiveStatus
from jobs.providers.base import CredentialError, GoneError, ProviderError, RefusedError
from jobs.states import State

from . import exports, outcome, storing, trouble, wanting
from .classes import Outcome
from .places import NotStored
from .progress import Telling
from .reading import open_results
from .storing import NoRoom
from .writing import Written, write

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Progress = Callable[[int], None]
SLOWEST_BACK_OFF = timedelta(minutes=15)
STORAGE_BACK_OFF = timedelta(minutes=5)
CHECK_ROOM = 256 * 2**20  # bytes read between two looks at the disk
UPLOAD_PACE = 500_000  # bytes a second; a lease lasts for an upload this slow
NAP = 5.0
AT_A_LOOK = 10  # due archives asked for at once
NOTHING = "This job ended without results."


class LeaseLost(Exception):
    """Another worker took the archive over; nothing more may be written."""


@dataclass(slots=True)
class Lease:
    """Keeps one archive ours while it is written."""

    archive: Archive
    token: UUID
    now: Clock
    progress: Progress = lambda size: None
    renewed_at: datetime = field(init=False)
    unchecked: int = 0

    def __post_init__(self) -> None:
        self.renewed_at = self.now()

    def tick(self, size: int) -> None:
        """Bytes came: renew the lease once a third of it has passed, and mind the disk. Raise LeaseLost or NoRoom."""
        self.progress(size)
        self.unchecked += size
        if self.unchecked > CHECK_ROOM:
            storing.check_room()
            self.unchecked = 0
        if self.now() - self.renewed_at > timedelta(seconds=settings.RESULTS_LEASE_SECONDS) / 3:
            self.hold()

    def pause(self, seconds: float) -> None:
        """Wait before a request is made again; the lease is kept meanwhile."""
        while seconds > 0:
            time.sleep(min(seconds, NAP))
            seconds -= NAP
            self.tick(0)

    def hold(self, longer: timedelta = timedelta(0), **fields: Any) -> None:
        """Write ``fields`` and extend the lease, if it is still ours; raise LeaseLost if not."""
        self.renewed_at = self.now()
        until = self.renewed_at + timedelta(seconds=settings.RESULTS_LEASE_SECONDS) + longer
        self._write(leased_until=until, **fields)

    def release(self, **fields: Any) -> None:
        """Write how it went and free the archive; raise LeaseLost when it is not ours any more."""
        self._write(leased_until=None, lease_token=None, **fields)

    def _write(self, **fields: Any) -> None:
        mine = Archive.objects.filter(pk=self.archive.pk, lease_token=self.token)
        if mine.update(**fields) != 1:
            raise LeaseLost(f"archive {self.archive.pk} is written by another worker")


def save(archive_id: int, *, now: Clock, progress: Progress = lambda size: None, if_due: bool = True) -> str:
    """Save one archive; the status it then has, or "" when another worker holds it or it is not due.

    Trouble is written to the row, never raised. ``progress(size)`` hears of bytes as they come.
    """
    at = now()
    rows = Archive.objects.due(at) if if_due else Archive.objects.unsaved()
    token = rows.filter(pk=archive_id).claim(at, timedelta(seconds=settings.RESULTS_LEASE_SECONDS))
    if token is None:
        return ""
    archive = Archive.objects.select_related("job__project").get(pk=archive_id)
    lease = Lease(archive, token, now, progress)
    try:
        return _save_or_tell(lease)
    except LeaseLost as exc:
        log.warning("%s", exc)
        return ""


def save_some(*, now: Clock, seconds: float) -> int:
    """Save what is due until ``seconds`` have passed, first what expires first; how many were tried."""
    until, tried = time.monotonic() + seconds, 0
    while time.monotonic() < until and (due := wanting.next_due(now(), AT_A_LOOK)):
        held = [save(pk, now=now) for pk in due if time.monotonic() < until]
        tried += len(held)
        if not any(held):
            break
    return tried


def _save_or_tell(lease: Lease) -> str:
    try:
        with storing.spool() as folder:
            _keep(lease, _read(lease, folder))
        return ArchiveStatus.SAVED
    except GoneError as exc:
        return _lose(lease, str(exc))
    except (CredentialError, RefusedError) as exc:
        return _refuse(lease, exc) if isinstance(exc, RefusedError) else _retry(lease, exc.kind, str(exc))
    except ProviderError as exc:
        return _retry(lease, exc.kind, str(exc), exc.retry_after)
    except (NoRoom, NotStored, OSError, sqlite3.Error) as exc:
        return _wait_for_room(lease, str(exc))


def _read(lease: Lease, folder: Path) -> Written:
    storing.check_room()
    source = open_results(lease.archive.job, pause=lease.pause)
    if not source.parts and lease.archive.job.reported == State.SUCCEEDED:
        raise GoneError("The provider has no results of it any more: they were deleted or have expired there.")
    storing.check_room((source.size or 0) // 2)
    told = Telling(lease.archive.job, source.size, lease.now)

    def tick(size: int) -> None:
        lease.tick(size)
        told.tick(size)

    return write(source.named(), folder, tick=tick)


def _keep(lease: Lease, written: Written) -> None:
    """Store both files, then let the row name them; until then they are nobody's."""
    archive = lease.archive
    lease.hold(timedelta(seconds=written.summary.stored_size / UPLOAD_PACE))
    name = f"{archive.job.project_id}/{archive.job_id}-{lease.token.hex[:12]}"
    files = [storing.keep(written.archive, f"{name}.jsonl.zst")]
    files.append(storing.keep(written.index, f"{name}.index.sqlite3"))
    before = (archive.file, archive.index_file)
    try:
        _name(lease, files, written)
    except LeaseLost:
        storing.drop(files)
        raise
    if before[0]:
        exports.forget(archive)
        storing.drop(before)
    trouble.saved(archive, at=lease.now())


@transaction.atomic
def _name(lease: Lease, files: list[str], written: Written) -> None:
    """Job first, row last: a lease that was lost takes all of it back."""
    archive, summary = lease.archive, written.summary
    told = {one.value: getattr(summary, one.value) for one in Outcome}
    told |= {name: getattr(summary, name) for name in SUMMED}
    for name, value in told.items():
        setattr(archive, name, value)
    outcome.write(archive, at=lease.now())
    lease.release(
        status=ArchiveStatus.SAVED,
        saved_at=lease.now(),
        file=files[0],
        index_file=files[1],
        stored_size=summary.stored_size + written.index_size,
        parts=[{"name": part.name, "size": part.size, "sha256": part.sha256} for part in summary.parts],
        note=outcome.note_of(archive, archive.job.requests_total),
        error="",
        error_kind="",
        attempts=0,
        **told,
    )


SUMMED = (
    "lines",
    "size",
    "sha256",
    "invalid_json",
    "missing_key",
    "duplicate_keys",
    "prompt_tokens",
    "output_tokens",
    "cached_tokens",
)


# What keeps results from being saved


def _lose(lease: Lease, sentence: str) -> str:
    """They are gone at the provider. What was saved before stays saved."""
    if lease.archive.file:
        lease.release(status=ArchiveStatus.SAVED, error=sentence, error_kind="gone")
        return ArchiveStatus.SAVED
    job = lease.archive.job
    if job.reported not in (State.SUCCEEDED, State.PARTIAL) and not job.output:
        return _give_up(lease, "", ArchiveStatus.REFUSED, NOTHING)
    _give_up(lease, "lost", ArchiveStatus.LOST, sentence)
    trouble.lost(lease.archive, sentence, at=lease.now())
    return ArchiveStatus.LOST


@transaction.atomic
def _give_up(lease: Lease, results_state: str, status: str, sentence: str) -> str:
    outcome.mark(lease.archive.job_id, results_state, at=lease.now())
    lease.release(status=status, error=sentence, error_kind="gone")
    return status


def _refuse(lease: Lease, exc: RefusedError) -> str:
    lease.release(status=ArchiveStatus.REFUSED, error=str(exc), error_kind=exc.kind)
    trouble.refused(lease.archive, str(exc), at=lease.now())
    return ArchiveStatus.REFUSED


def _retry(lease: Lease, kind: str, sentence: str, retry_after: float | None = None) -> str:
    attempts = max(lease.archive.attempts, 1)
    pause = min(timedelta(seconds=15) * (1 << min(attempts - 1, 8)), SLOWEST_BACK_OFF)
    pause = max(pause * random.uniform(0.9, 1.1), timedelta(seconds=retry_after or 0))  # noqa: S311 - spreads load
    return _wait(lease, pause, error=sentence, error_kind=kind)


def _wait_for_room(lease: Lease, sentence: str) -> str:
    trouble.no_room(sentence, at=lease.now())
    return _wait(lease, STORAGE_BACK_OFF, error=sentence, error_kind="storage")


def _wait(lease: Lease, pause: timedelta, **fields: Any) -> str:
    lease.release(status=ArchiveStatus.WAITING, next_attempt_at=lease.now() + pause, **fields)
    return ArchiveStatus.WAITING
