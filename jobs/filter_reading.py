"""From an untrusted query string to the values of a JobFilter: total, bounded, telling what it dropped."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

from django.http import QueryDict

from .filters import RANGES, RESULTS, SORTS, WARNINGS
from .paging import BIGGEST, Cursor
from .states import State

MOST_VALUES = 100
LONGEST = 200
YEARS = range(2000, 2101)
OLDEST_DAYS = 3650
T = TypeVar("T")


def read(params: QueryDict) -> tuple[dict[str, Any], list[str]]:
    """Keyword arguments for JobFilter, and one sentence for each thing that was not understood."""
    reading = Reading(params)
    values: dict[str, Any] = {
        "search": " ".join(clean(params.get("q", "")).split())[:LONGEST].rstrip(),
        "projects": tuple(sorted(reading.each("project", "project number", read_id))),
        "states": tuple(sorted(reading.each("state", "state", _state), key=list(State).index)),
        "models": tuple(sorted(reading.each("model", "model", _model))),
        "sort": reading.one("sort", "sort order", _known(SORTS)) or "created",
        "ascending": reading.one("dir", "direction", _known(("asc", "desc"))) == "asc",
        "older_than": reading.one("older_than", "age", _days) or 0,
        "has_failures": reading.flag("failures"),
        "warning": reading.one("warning", "warning", _known(WARNINGS)) or "",
        "results": reading.one("results", "place of results", _known(RESULTS)) or "",
        "kept": reading.flag("kept"),
        "gone": reading.flag("gone"),
        **reading.created(),
        **reading.place(),
    }
    return values, reading.notes


def clean(text: str) -> str:
    """Without what a database or a page cannot hold: control characters, lone surrogates."""
    text = text.encode(errors="replace").decode()
    return "".join(character if character.isprintable() else " " for character in text)


class Reading:
    """The parameters, with ``notes`` on those that made no sense."""

    def __init__(self, params: QueryDict) -> None:
        self.params = params
        self.notes: list[str] = []

    def each(self, name: str, what: str, read_one: Callable[[str], T | None]) -> set[T]:
        given = [text for text in self.params.getlist(name) if text]
        if len(given) > MOST_VALUES:
            self.notes.append(f"Only the first {MOST_VALUES} values of “{name}” are used.")
        read = [(text, read_one(text)) for text in given[:MOST_VALUES]]
        self._drop(what, [text for text, value in read if value is None])
        return {value for _, value in read if value is not None}

    def one(self, name: str, what: str, read_one: Callable[[str], T | None]) -> T | None:
        """The last value given, as browsers and Django have it."""
        text = self.params.get(name) or ""
        value = read_one(text) if text else None
        if text and value is None:
            self._drop(what, [text])
        return value

    def flag(self, name: str) -> bool:
        return self.one(name, f"value of “{name}”", _known(("1", "0", "on"))) in ("1", "on")

    def created(self) -> dict[str, Any]:
        """The creation range; a named range outweighs dates."""
        within = self.one("range", "time range", _known((*RANGES, "custom")))
        if within in RANGES:
            return {"within": within}
        first, last = self.one("from", "date", _day), self.one("to", "date", _day)
        if first and last and first > last:
            self.notes.append("The first day was later than the last; they are swapped.")
            first, last = last, first
        return {"created_from": first, "created_to": last}

    def place(self) -> dict[str, Cursor | None]:
        after = self.one("after", "page", Cursor.parse)
        return {"after": after, "before": None if after else self.one("before", "page", Cursor.parse)}

    def _drop(self, what: str, texts: Iterable[str]) -> None:
        for text in texts:
            self.notes.append(f"No such {what}: “{clean(text)[:40]}”. It is left out.")
        del self.notes[10:]


def read_id(text: str) -> int | None:
    """The number of a row, if ``text`` is one that a database can hold."""
    plain = text.isascii() and text.isdigit() and len(text) <= 19
    return int(text) if plain and 0 < int(text) <= BIGGEST else None


def _known(words: Iterable[str]) -> Callable[[str], str | None]:
    known = frozenset(words)
    return lambda text: text if text in known else None


def _state(text: str) -> State | None:
    return State(text) if text in set(State) else None


def _model(text: str) -> str | None:
    return text if len(text) <= LONGEST and clean(text) == text and text.strip() else None


def _days(text: str) -> int | None:
    """`30d`, up to ten years."""
    number = text.removesuffix("d")
    plain = text.endswith("d") and number.isascii() and number.isdigit() and len(number) <= 4
    return int(number) if plain and 0 < int(number) <= OLDEST_DAYS else None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None
