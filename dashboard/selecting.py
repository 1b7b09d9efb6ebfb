"""Which jobs a form means: one alone, those ticked, or all that a filter shows; resolved here, never in the browser."""

import re

from django.http import QueryDict

from jobs.filter_reading import read_id
from jobs.filters import JobFilter
from jobs.operations import OperationRefused, Selection

MOST_TICKED = 10_000
_APART = re.compile(r"[,\s]+")


def selection_of(sent: QueryDict) -> Selection | None:
    """``only``: the job of a row's own button; ``all`` with ``filter``: what the list shows; ``job``, ``jobs``: ticks.

    None when nothing was chosen; OperationRefused when too many are ticked. Ticks on other pages come in ``jobs``,
    those of a page without script in ``job``.
    """
    if only := read_id(sent.get("only", "")):
        return Selection(ids=(only,))
    ticked = {*sent.getlist("job"), *_APART.split(sent.get("jobs", ""))}
    if "all" in ticked or "all" in sent:
        return Selection(chosen=JobFilter.parse(QueryDict(sent.get("filter", ""))).but())
    ids = sorted({pk for text in ticked if (pk := read_id(text))})
    if len(ids) > MOST_TICKED:
        raise OperationRefused(f"At most {MOST_TICKED:,} jobs can be ticked: choose all that match a filter instead.")
    return Selection(ids=tuple(ids)) if ids else None
