"""Which rows of one job's results a page shows: read from the query string, written back to it."""

from dataclasses import dataclass, replace
from typing import Any, Self

from django.http import QueryDict

from jobs.filter_reading import clean, read_id
from jobs.results.archives import INVALID
from jobs.results.classes import Outcome

OUTCOMES = (*(outcome.value for outcome in Outcome), INVALID)
LONGEST = 200
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilter:
    """``outcome``: one of OUTCOMES or "" for all; ``group``: of equal errors; ``after``: the line before the page."""

    outcome: str = ""
    group: int = 0
    search: str = ""
    after: int = 0

    @classmethod
    def parse(cls, params: QueryDict) -> Self:
        """Total: what makes no sense is left out."""
        outcome = params.get("outcome", "")
        return cls(
            outcome=outcome if outcome in OUTCOMES else "",
            group=read_id(params.get("group", "")) or 0,
            search=" ".join(clean(params.get("q", "")).split())[:LONGEST].rstrip(),
            after=read_id(params.get("after", "")) or 0,
        )

    def but(self, **changes: Any) -> Self:
        """This filter with ``changes``, from its first page."""
        return replace(self, **{"after": 0, **changes})

    @property
    def which(self) -> dict[str, Any]:
        """As an opened archive is asked."""
        return {"outcome": self.outcome, "search": self.search, "group": self.group}

    @property
    def is_set(self) -> bool:
        return self.but() != type(self)()

    def query(self) -> str:
        """The canonical query string, without "?"; empty for all rows."""
        params = QueryDict(mutable=True)
        pairs = {"outcome": self.outcome, "group": self.group, "q": self.search, "after": self.after}
        for name, value in pairs.items():
            if value:
                params[name] = str(value)
        return params.urlencode()
