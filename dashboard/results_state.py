"""Where a job's results are and what can be done about it, in words; for the list, the job's page and its results."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from jobs.models import Archive, ArchiveMode, ArchiveStatus, BatchJob
from jobs.results.long_values import size_words
from jobs.results.progress import progress_of

from . import times
from .figures import NBSP, share

WARN_WITHIN = timedelta(hours=6)
SOON = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Standing:
    """``level`` colours it (good, info, warn, bad or ""); ``savable``: whether "Save now" helps.

    ``percent``: how much of it is saved, while that is known.
    """

    word: str
    level: str
    heading: str
    sentence: str
    savable: bool = False
    detail: str = ""
    percent: int | None = None


class Expiry(NamedTuple):
    """When something is dropped, in words and with a level; both empty when that is far or never."""

    words: str = ""
    level: str = ""


def expiry(job: BatchJob, at: datetime) -> Expiry:
    """`results expire in 5 h`, while they are only at the provider."""
    expires = job.expires_at
    if not expires or job.gone_at or job.is_active or job.results_state != "waiting" or expires - at > SOON:
        return Expiry()
    if expires <= at:
        return Expiry("results expired", "bad")
    left = times.rough(expires - at).replace(" ", NBSP)
    return Expiry(f"results expire in{NBSP}{left}", "warn" if expires - at < WARN_WITHIN else "")


def truncated_shares(jobs: Iterable[BatchJob]) -> dict[int, str]:
    """Which share of the rows was cut, of those jobs where it is a warning."""
    warned = [job.pk for job in jobs if job.warning == "truncated"]
    rows = (
        Archive.objects.filter(job__in=warned, lines__gt=0).values_list("job", "truncated", "lines") if warned else []
    )
    return {job: share(truncated, lines or 0) for job, truncated, lines in rows}


def results_place(job: BatchJob) -> str:
    """`saved, 1.2 GB`, `lost`, the folder or table they are in, `at the provider`, `none`."""
    archive: Archive | None = getattr(job, "archive", None)
    if job.results_state == "saved" and archive and archive.size is not None:
        return f"saved, {size_words(archive.size)}"
    if job.results_state in ("saved", "lost"):
        return job.results_state
    if job.output.startswith(("gs://", "bq://")):
        return job.output
    return "at the provider" if job.output or job.results_state == "waiting" else "none"


def cost_words(cost: Decimal) -> str:
    """`$1.84`, `$0.0031`, `$1,204.50`: two digits that count, at least."""
    return f"${cost:,.2f}" if cost >= 1 or not cost else f"${cost:.2g}"


def standing_of(job: BatchJob, archive: Archive | None, at: datetime) -> Standing:
    if archive is not None:
        return _archived(job, archive, at)
    if job.is_active:
        return Standing("", "", "No results yet", "They appear here when the job has finished.")
    if job.results_state == "lost":
        return Standing("lost", "bad", "The results are lost", "They were gone before they were saved.")
    if job.results_state != "waiting" or job.gone_at:
        return Standing("", "", "No results", "This job ended without results: the provider names no place for any.")
    return Standing("not saved", "warn", "Not saved yet", _only_there(job, at), savable=True)


def _only_there(job: BatchJob, at: datetime) -> str:
    modes = {
        ArchiveMode.FINISH: "They will be saved by themselves in a moment.",
        ArchiveMode.DEMAND: "This project saves results only when somebody asks.",
        ArchiveMode.OFF: "This project never saves results by itself.",
    }
    return f"The results are only at the provider. {modes[ArchiveMode(job.project.archive_mode)]}{_until(job, at)}"


def _until(job: BatchJob, at: datetime) -> str:
    if not job.expires_at:
        return ""
    if job.expires_at <= at:
        return f" The provider said it keeps them until {times.full(job.expires_at)}: they may be gone."
    return f" The provider drops them in {times.rough(job.expires_at - at)}, at {times.full(job.expires_at)}."


def _archived(job: BatchJob, archive: Archive, at: datetime) -> Standing:
    match ArchiveStatus(archive.status):
        case ArchiveStatus.SAVED:
            return Standing("saved", "good", "Saved", archive.note)
        case ArchiveStatus.LOST:
            kept = "The job's counts, times and errors are kept; its rows are not."
            return Standing("lost", "bad", "The results are lost", f"{archive.error} {kept}".strip())
        case ArchiveStatus.REFUSED:
            return Standing("not saved", "bad", "Saving needs a hand", archive.error, savable=True)
        case ArchiveStatus.SAVING:
            return _saving(job)
        case _:
            return _waiting(archive, at)


def _saving(job: BatchJob) -> Standing:
    told = progress_of(job)
    heading, sentence = "Being saved", "The results are being read from the provider."
    if told is None or not told.come:
        return Standing("saving", "info", heading, sentence)
    if told.size is None or told.percent is None:
        return Standing("saving", "info", heading, f"{size_words(told.come)} have been read from the provider.")
    sentence = f"{size_words(told.come)} of {size_words(told.size)} have been read from the provider."
    return Standing("saving", "info", f"{heading}, {told.percent}{NBSP}%", sentence, percent=told.percent)


def _waiting(archive: Archive, at: datetime) -> Standing:
    sentence = "A worker saves them within moments."
    if archive.next_attempt_at > at:
        sentence = f"The next attempt is in {times.rough(archive.next_attempt_at - at)}."
    if archive.expires_at and archive.expires_at > at:
        sentence += f" The provider drops them in {times.rough(archive.expires_at - at)}."
    level, tried = "warn" if archive.error else "info", bool(archive.error)
    return Standing("waiting", level, "Waiting to be saved", sentence, savable=tried, detail=archive.error)
