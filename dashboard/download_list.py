"""The files a job's results are offered as; /download/ sends them (dashboard/downloads.py)."""

from dataclasses import dataclass

from jobs.connections import kind_of
from jobs.models import Archive, ArchiveStatus, BatchJob, Export
from jobs.results.exports import PARQUET
from jobs.results.long_values import size_words
from jobs.wording import many

MOST_PARTS = 100


@dataclass(frozen=True, slots=True)
class Download:
    """``url`` is empty for what must be made first; ``wanted``: a worker is at it."""

    label: str
    url: str
    detail: str = ""
    wanted: bool = False


def downloads(job: BatchJob, archive: Archive | None) -> list[Download]:
    """What can be had now; of results that are only at the provider, what is read from there."""
    if archive is None or archive.status != ArchiveStatus.SAVED:
        return _from_provider(job)
    offered = [
        Download("Original, JSONL", _url(job, "results.jsonl"), size_words(archive.size or 0)),
        Download("CSV for spreadsheets", _url(job, "results.csv"), "no formulas"),
    ]
    if failed := archive.failed + archive.broken:
        offered.append(Download("Only the failed rows, JSONL", _url(job, "failed.jsonl"), many(failed, "row")))
    if archive.input_file or kind_of(job.project).capabilities.echoes_requests:
        joined = "joined by key" if archive.input_file else "as the provider gives them back"
        offered.append(Download("Requests with responses, JSONL", _url(job, "merged.jsonl"), joined))
    return [*offered, _parquet(job, archive)]


def parts(job: BatchJob, archive: Archive) -> list[Download]:
    """The provider's files one by one, where there are several."""
    if len(archive.parts) < 2:
        return []
    named = enumerate(archive.parts[:MOST_PARTS], start=1)
    return [
        Download(part["name"], f"{_url(job, 'results.jsonl')}?part={number}", size_words(part["size"]))
        for number, part in named
    ]


def _from_provider(job: BatchJob) -> list[Download]:
    if job.results_state != "waiting" or job.gone_at or job.is_active:
        return []
    offered = {"Original, JSONL": "results.jsonl", "CSV for spreadsheets": "results.csv"}
    return [Download(label, _url(job, file), "straight from the provider") for label, file in offered.items()]


def _parquet(job: BatchJob, archive: Archive) -> Download:
    export = Export.objects.filter(archive=archive, format=PARQUET).first()
    if export is None:
        return Download("Parquet", "", "a worker makes it")
    if export.ready_at:
        return Download("Parquet", _url(job, "results.parquet"), size_words(export.size or 0))
    return Download("Parquet", "", export.error or "being made…", wanted=not export.error)


def _url(job: BatchJob, file: str) -> str:
    return f"/download/jobs/{job.pk}/{file}"
