"""What the results page of one job shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from jobs.connections import kind_of
from jobs.models import Archive, BatchJob
from jobs.results.archives import INVALID, IndexRow, OpenArchive
from jobs.results.classes import Outcome
from jobs.wording import many

from .download_list import downloads, parts
from .figures import number, share
from .outcomes import COLOURS, in_words, segments
from .results_state import cost_words, standing_of
from .row_filter import PAGE_SIZE, RowFilter
from .rows import JobRow
from .times import relative

MOST_GROUPS = 8
MOST_COUNTED = 1_000  # a search reads on until it knows


def results_url(job: BatchJob) -> str:
    return reverse("job_results", args=[job.pk])


def row_url(job: BatchJob, line: int, query: str = "") -> str:
    return reverse("job_results_row", args=[job.pk, line]) + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class RowPill:
    state: str
    label: str
    number: str
    query: str
    current: bool


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """A group of equal errors: its rows, and one of them."""

    words: str
    number: str
    url: str
    example: str
    example_url: str
    current: bool


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One line of results as the table shows it; without ``job`` it has no page of its own."""

    job: BatchJob | None
    row: IndexRow
    query: str

    @property
    def line(self) -> str:
        return str(self.row.line)

    @property
    def line_words(self) -> str:
        return f"{self.row.line:,}"

    @property
    def url(self) -> str:
        return row_url(self.job, self.row.line, self.query) if self.job else ""

    @property
    def key(self) -> str:
        return self.row.key

    @property
    def label(self) -> str:
        return Outcome(self.row.outcome).label

    @property
    def colour(self) -> str:
        return COLOURS[Outcome(self.row.outcome)]

    @property
    def finish_reason(self) -> str:
        return self.row.finish_reason

    @property
    def invalid_json(self) -> bool:
        return self.row.invalid_json

    @property
    def tokens(self) -> str:
        """`812 → 120`; nothing for a row that used none."""
        tokens = (self.row.prompt_tokens, self.row.output_tokens)
        return " → ".join(f"{each:,}" for each in tokens) if any(tokens) else "–"

    @property
    def error(self) -> str:
        return self.row.error

    @property
    def text(self) -> str:
        """The error, the size of an embedding, or how the text begins."""
        if self.row.error or self.row.dimension is None:
            return self.row.error or self.row.preview
        norm = "" if self.row.norm is None else f" · norm {self.row.norm:.4g}"
        return f"Embedding of {self.row.dimension:,} numbers{norm}"


def head_context(job: BatchJob, archive: Archive | None, at: datetime) -> dict[str, Any]:
    """Where the results are: for every state of the page."""
    offered = downloads(job, archive)
    return {
        "job": job,
        "archive": archive,
        "downloads": offered,
        "making": any(file.wanted for file in offered),
        "row": JobRow(job, at=at),
        "at": at,
        "standing": standing_of(job, archive, at),
        "results_url": results_url(job),
    }


def summary_context(job: BatchJob, archive: Archive, at: datetime) -> dict[str, Any]:
    """What is in saved results, as counted when they were saved."""
    return {
        "parts": parts(job, archive),
        "echoes": kind_of(job.project).capabilities.echoes_requests,
        "saved_ago": relative(archive.saved_at, at) if archive.saved_at else "",
        "segments": segments(archive),
        "bar_words": in_words(archive),
        "truncated_share": share(archive.truncated, archive.lines or 0),
        "total": number(archive.lines),
        "numbers": _numbers(job, archive),
        "doubts": _doubts(job, archive),
    }


def rows_context(job: BatchJob, archive: Archive, opened: OpenArchive, chosen: RowFilter) -> dict[str, Any]:
    found = opened.rows(**chosen.which, after=chosen.after, limit=PAGE_SIZE + 1)
    rows, query = found[:PAGE_SIZE], chosen.but().query()
    return {
        "opened": True,
        "chosen": chosen,
        "query": query,
        "rows": [ResultRow(job, row, query) for row in rows],
        "pills": outcome_pills(archive, chosen),
        "rows_words": _words_of(chosen),
        "rows_count": _count_words(archive, opened, chosen),
        "first": query,
        "more": chosen.but(after=rows[-1].line).query() if len(found) > PAGE_SIZE else "",
        **_groups(job, opened, chosen),
    }


def _numbers(job: BatchJob, archive: Archive) -> list[tuple[str, str]]:
    cost = "no price" if job.cost is None else cost_words(job.cost)
    pairs = [
        ("Rows", number(archive.lines)),
        ("Prompt tokens", number(archive.prompt_tokens)),
        ("Output tokens", number(archive.output_tokens)),
        ("Cached tokens", number(archive.cached_tokens)),
        ("Cost", cost),
    ]
    return [pair for pair in pairs if pair != ("Cached tokens", "0")]


def _doubts(job: BatchJob, archive: Archive) -> list[str]:
    """What does not fit together, a sentence each."""
    lines, total = archive.lines or 0, job.counts.total
    found = [
        (archive.invalid_json, "{} answered with invalid JSON where JSON was asked for."),
        (archive.missing_key, "{} without a key: such rows are told apart by their line only."),
        (archive.duplicate_keys, "{} whose key came before."),
    ]
    doubts = [words.format(many(number, "row")) for number, words in found if number]
    if total is not None and total != lines:
        doubts.append(f"The job counts {many(total, 'request')}, its results have {many(lines, 'row')}.")
    return doubts


def outcome_pills(archive: Archive, chosen: RowFilter | None = None) -> list[RowPill]:
    """All, then what occurs or is chosen, with its number among all rows."""
    chosen = chosen or RowFilter()
    every = RowPill("", "All", number(archive.lines), chosen.but(outcome="", group=0).query(), not chosen.outcome)
    numbers = [(each.value, each.label, COLOURS[each], int(getattr(archive, each.value))) for each in Outcome]
    numbers.append((INVALID, "Invalid JSON", "partial", archive.invalid_json))
    shown = [
        RowPill(colour, label, f"{rows:,}", chosen.but(outcome=value, group=0).query(), chosen.outcome == value)
        for value, label, colour, rows in numbers
        if rows or chosen.outcome == value
    ]
    return [every, *shown]


def _words_of(chosen: RowFilter) -> str:
    """`is failed and holds “sku”`."""
    kind = "has invalid JSON" if chosen.outcome == INVALID else f"is {chosen.outcome}"
    parts = [kind] * bool(chosen.outcome) + ["has this error"] * bool(chosen.group)
    return " and ".join(parts + [f"holds “{chosen.search}”"] * bool(chosen.search)) or "is there"


def _count_words(archive: Archive, opened: OpenArchive, chosen: RowFilter) -> str:
    if not chosen.is_set:
        return many(archive.lines or 0, "row")
    found = opened.count(**chosen.which, most=MOST_COUNTED)
    more = "+" if chosen.search and found >= MOST_COUNTED else ""
    return f"{found:,}{more} of {many(archive.lines or 0, 'row')}"


def _groups(job: BatchJob, opened: OpenArchive, chosen: RowFilter) -> dict[str, Any]:
    """The most frequent errors."""
    groups = opened.error_groups()
    lines = [
        ErrorLine(
            words=group.words,
            number=f"{group.lines:,}",
            url=f"{results_url(job)}?{RowFilter(group=group.id).query()}",
            example=f"{group.example:,}",
            example_url=row_url(job, group.example, RowFilter(group=group.id).query()),
            current=chosen.group == group.id,
        )
        for group in groups[:MOST_GROUPS]
    ]
    kinds = many(len(groups), "kind")
    rest = f", the {MOST_GROUPS} most frequent are shown" if len(groups) > MOST_GROUPS else ""
    return {"groups": lines, "groups_words": f"{kinds} of errors{rest}"}
