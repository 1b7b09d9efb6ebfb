"""What a query string asks the timeline to show; the same written back with one thing changed."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from django.http import QueryDict

from jobs.filters import JobFilter
from jobs.timeline.window import Window

GROUPS = {"project": "By project", "model": "By model"}
# What the list has of its own: the timeline's range is another, and it has no order and no pages.
NOT_OURS = ("range", "from", "to", "sort", "dir", "after", "before")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    chosen: JobFilter
    window: Window
    by: str = "project"
    as_table: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, params: QueryDict, at: datetime, zone: tzinfo) -> Self:
        ours = params.copy()
        for name in NOT_OURS:
            ours.pop(name, None)
        chosen = JobFilter.parse(ours)
        window, notes = Window.parse(params, at, zone)
        by = params.get("group", "")
        return cls(
            chosen=chosen,
            window=window,
            by=by if by in GROUPS else "project",
            as_table=params.get("view") == "table",
            notes=(*chosen.notes, *notes),
        )

    def but(self, **changes: Any) -> str:
        """The query string of this with ``changes``, which may be of the filter too."""
        own = {name: changes.pop(name) for name in ("window", "by", "as_table") if name in changes}
        return replace(self, chosen=self.chosen.but(**changes), **own).query()

    def query(self) -> str:
        return urlencode(self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters in their order, without those that say what is usual."""
        own = dict(self.window.params)
        if self.by != "project":
            own["group"] = self.by
        if self.as_table:
            own["view"] = "table"
        return [*parse_qsl(self.chosen.query()), *own.items()]

    def hidden(self, *asked: str) -> list[tuple[str, str]]:
        """All parameters but those that a form asks for itself."""
        return [pair for pair in self.pairs() if pair[0] not in asked]
