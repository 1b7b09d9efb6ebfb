"""The columns of the jobs list: one line here and one branch in templates/compiled/jobs/table.html each."""

from collections.abc import Iterable
from dataclasses import dataclass

from jobs.filters import JobFilter
from jobs.models import User


@dataclass(frozen=True, slots=True)
class Column:
    """``sorts`` are the orders its heading offers: (key of jobs.filters.SORTS, words).

    ``usual`` ones are shown to whoever did not choose.
    """

    name: str
    title: str
    sorts: tuple[tuple[str, str], ...] = ()
    usual: bool = True


COLUMNS = (
    Column("state", "State"),
    Column("job", "Job"),
    Column("project", "Project"),
    Column("requests", "Requests", sorts=(("requests", "Requests"), ("failed", "failed share"))),
    Column("time", "Queue → run", sorts=(("duration", "Queue → run"),)),
    Column("created", "Created", sorts=(("created", "Created"), ("ended", "ended"))),
    Column("results", "Results, cost"),
    Column("ended", "Ended", usual=False),
    Column("expires", "Expires", usual=False),
    Column("as_of", "As of"),
)
# What a row is, and where its link is
ALWAYS = ("state", "job")


@dataclass(frozen=True, slots=True)
class SortLink:
    label: str
    query: str
    aria: str
    arrow: str
    after: bool


@dataclass(frozen=True, slots=True)
class Heading:
    column: Column
    links: list[SortLink]
    aria: str


def shown_to(user: User) -> tuple[Column, ...]:
    """The columns a person chose, in their usual order; names of columns that are no more are passed over."""
    if not user.columns:
        return tuple(column for column in COLUMNS if column.usual)
    return tuple(column for column in COLUMNS if column.name in {*ALWAYS, *user.columns})


def headings(chosen: JobFilter, columns: Iterable[Column]) -> list[Heading]:
    """The heading of each column; a second click on a sort turns it round."""
    made = []
    for column in columns:
        links = [_link(chosen, key, label, after=bool(place)) for place, (key, label) in enumerate(column.sorts)]
        made.append(Heading(column, links, next((link.aria for link in links if link.aria), "")))
    return made


def _link(chosen: JobFilter, key: str, label: str, *, after: bool) -> SortLink:
    current = chosen.sort == key
    turned = chosen.but(sort=key, ascending=current and not chosen.ascending)
    aria = ("ascending" if chosen.ascending else "descending") if current else ""
    return SortLink(label, turned.query(), aria, {"ascending": "↑", "descending": "↓"}.get(aria, ""), after)
