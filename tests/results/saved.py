"""Any bytes as the saved results of a job, in one part or several."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from jobs.models import Archive, ArchiveStatus, BatchJob
from jobs.results import storing, writing
from jobs.results.index import Summary
from tests.factories import NOON


def save(job: BatchJob, *parts: bytes, inputs: bytes = b"") -> Archive:
    """``inputs`` are attached as the job's input file."""
    return save_parts(job, *([part] if part else [] for part in parts), inputs=inputs)


def save_parts(job: BatchJob, *parts: Iterable[bytes], inputs: bytes = b"") -> Archive:
    """Each part in chunks, of any size."""
    *kept, summary = _kept(job, "results", *parts)
    attached = _kept(job, "input", [inputs])[:2] if inputs else ("", "")
    return Archive.objects.create(
        job=job,
        status=ArchiveStatus.SAVED,
        wanted_at=NOON,
        next_attempt_at=NOON,
        saved_at=NOON,
        file=kept[0],
        index_file=kept[1],
        input_file=attached[0],
        input_index=attached[1],
        size=summary.size,
        sha256=summary.sha256,
        lines=summary.lines,
        ok=summary.ok,
        failed=summary.failed,
    )


def _kept(job: BatchJob, name: str, *parts: Iterable[bytes]) -> tuple[str, str, Summary]:
    with tempfile.TemporaryDirectory() as folder:
        named = [(f"part-{number}.jsonl", part) for number, part in enumerate(parts)]
        made = writing.write(named, Path(folder))
        place = f"{job.project_id}/{job.pk}.{name}"
        return (
            storing.keep(made.archive, f"{place}.jsonl.zst"),
            storing.keep(made.index, f"{place}.sqlite3"),
            made.summary,
        )
