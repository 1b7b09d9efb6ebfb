"""What the page of one row of results shows: request beside response."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.connections import kind_of
from jobs.models import Archive, BatchJob, Export
from jobs.results import showing
from jobs.results.archives import IndexRow, Missing, OpenArchive
from jobs.results.exports import REQUESTS
from jobs.results.inputs import by_place, open_input, request_line
from jobs.results.long_values import size_words

from .results_page import ResultRow, row_url
from .row_filter import RowFilter

BUCKETS = 128
HEIGHT = 60


@dataclass(frozen=True, slots=True)
class EmbeddingPicture:
    """An embedding as dimension, norm and a path of 128 × 60 units: for each stretch from its least to its greatest."""

    dimension: str
    norm: str
    least: str
    greatest: str
    path: str

    @classmethod
    def of(cls, values: Sequence[float], norm: float) -> "EmbeddingPicture | None":
        if not values:
            return None
        sound = [value if math.isfinite(value) else 0.0 for value in values]
        least, greatest = min(sound), max(sound)
        return cls(f"{len(values):,}", f"{norm:.6g}", f"{least:.4g}", f"{greatest:.4g}", _path(sound))

    @property
    def words(self) -> str:
        return f"{self.dimension} numbers from {self.least} to {self.greatest}"


def _path(values: Sequence[float]) -> str:
    """Vertical strokes about a middle line; every number lies in one of them."""
    reach = max(map(abs, values)) or 1.0
    columns = min(BUCKETS, len(values))
    strokes = []
    for nth in range(columns):
        stretch = values[nth * len(values) // columns : (nth + 1) * len(values) // columns]
        top, bottom = (HEIGHT / 2 * (1 - edge / reach) for edge in (max(*stretch, 0), min(*stretch, 0)))
        strokes.append(f"M{(nth + 0.5) * BUCKETS / columns:.1f} {top:.1f}V{max(bottom, top + 0.4):.1f}")
    return "".join(strokes)


def row_context(job: BatchJob, archive: Archive, opened: OpenArchive, line: int, chosen: RowFilter) -> dict[str, Any]:
    """Raise LookupError when there is no such line."""
    row, query = opened.find(line), chosen.but().query()
    if row is None:
        raise LookupError(line)
    raw = opened.line(line)
    shown = showing.show(raw)
    before, after = neighbours(opened, line, chosen)
    return {
        "line": str(line),
        "line_words": f"{line:,}",
        "item": ResultRow(job, row, query),
        "shown": shown,
        **_request(job, archive, row, shown),
        "picture": EmbeddingPicture.of(shown.embedding, shown.norm),
        "size": size_words(len(raw)),
        "query": query,
        "previous": row_url(job, before, query) if before else "",
        "next": row_url(job, after, query) if after else "",
    }


def _request(job: BatchJob, archive: Archive, row: IndexRow, shown: showing.Shown) -> dict[str, Any]:
    """The request, as the line has it or else what is kept beside the results."""
    if shown.request:
        return {"request_side": shown.request, "request_from": "as the provider gives it back"}
    try:
        attached = open_input(archive)
    except Missing:
        attached = None
    if attached is None:
        return {"request_side": None, "input_known": False, **source_context(job, archive)}
    with attached:
        found = showing.request_of(request_line(attached, row, by_place=by_place(job)))
    return {"request_side": found, "request_from": "from the attached file", "input_known": True}


def source_context(job: BatchJob, archive: Archive) -> dict[str, Any]:
    """Where the job read its requests, if they can be read there too, and how far that is."""
    if not kind_of(job.project).finds_requests(job.source):
        return {}
    wanted = Export.objects.filter(archive=archive, format=REQUESTS).first()
    return {
        "source": job.source,
        "fetching": wanted is not None and not wanted.error,
        "fetch_error": wanted.error if wanted else "",
    }


def neighbours(opened: OpenArchive, line: int, chosen: RowFilter) -> tuple[int, int]:
    """The lines before and after ``line`` in the filtered table; 0 for none."""
    after = opened.rows(**chosen.which, after=line, limit=1)
    return opened.before(line, **chosen.which), after[0].line if after else 0
