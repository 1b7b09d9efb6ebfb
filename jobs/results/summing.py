"""What is in a job's results, as one flat object: from the archive, else from one pass that keeps nothing."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

from jobs.models import Archive, BatchJob

from . import storing
from .classes import Outcome
from .index import Summary
from .originals import Original, open_original
from .pricing import cost_of
from .writing import Part, write

NUMBERS = ("missing_key", "duplicate_keys", "invalid_json", "prompt_tokens", "output_tokens", "cached_tokens")
Progress = Callable[[int], None]


def summary_of(job: BatchJob, *, progress: Progress = lambda size: None) -> dict[str, Any]:
    """Lines, the six classes, keys, tokens, cost (USD as text), bytes, sha256, archived_at; null where unknown.

    Raise NoResults or a ProviderError when there is nothing to sum up.
    """
    archive = Archive.objects.saved().filter(job=job).first()
    if archive is None:
        archive = _unsaved(job, _counted(job, progress))
    told = {"lines": archive.lines} | {one.value: getattr(archive, one.value) for one in Outcome}
    told |= {name: getattr(archive, name) for name in NUMBERS}
    cost, saved_at = cost_of(job, archive), archive.saved_at
    return told | {
        "cost": None if cost is None else f"{cost:f}",
        "bytes": archive.size,
        "sha256": archive.sha256,
        "archived_at": saved_at.isoformat().replace("+00:00", "Z") if saved_at else None,
    }


def _counted(job: BatchJob, progress: Progress) -> Summary:
    storing.check_room()
    with closing(open_original(job)) as original, storing.spool() as folder:
        return write(_parts(original), folder, tick=progress).summary


def _parts(original: Original) -> list[Part]:
    return [(piece.name, original.chunks(part=number)) for number, piece in enumerate(original.pieces)]


def _unsaved(job: BatchJob, summary: Summary) -> Archive:
    """A row that is not kept."""
    names = ("lines", "size", "sha256", *NUMBERS, *(one.value for one in Outcome))
    return Archive(job=job, **{name: getattr(summary, name) for name in names})
