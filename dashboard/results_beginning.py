"""What the page of the first rows shows, of results that are not saved."""

from typing import Any

from jobs.models import BatchJob
from jobs.providers.base import ProviderError
from jobs.results.beginning import Beginning, beginning
from jobs.results.long_values import size_words
from jobs.results.originals import NoResults
from jobs.wording import many

from .results_page import ResultRow


def beginning_context(job: BatchJob) -> dict[str, Any]:
    """The rows; or why there are none to see."""
    try:
        found = beginning(job)
    except (ProviderError, NoResults) as exc:
        return {"trouble": str(exc)}
    return {"rows": [ResultRow(None, line, "") for line in found.rows], "words": _words(found)}


def _words(found: Beginning) -> str:
    number = many(len(found.rows), "row")
    if found.whole:
        return f"All {number}, {size_words(found.size)}, as the provider has them."
    if not found.rows:
        return f"The first row is longer than {size_words(found.size)}: save the results to read it."
    return f"The first {number}, {size_words(found.size)}, as the provider has them."
