"""The filter's form above the list: what can be chosen, and what is."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.counts import JobCounts
from jobs.filters import JobFilter

from .board import Board

RANGES = (
    ("", "Any time"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
    ("custom", "From … to …"),
)
RESULTS = (
    ("saved", "Results saved"),
    ("waiting", "Results not saved"),
    ("expiring", "Expire within 6 h"),
    ("lost", "Results lost"),
)
SELECTED = SafeString(" selected")


class Option(NamedTuple):
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A list to choose one of; ``several`` says how many are chosen when a link chose more."""

    name: str
    label: str
    options: list[Option]
    several: str
    without: str

    @property
    def as_html(self) -> SafeString:
        """All options at once: 500 of them by the template would be half of a page's time."""
        return SafeString("".join([_option_html(option) for option in self.options]))

    @property
    def kept(self) -> list[str]:
        return [option.value for option in self.options if option.chosen]


def choices(board: Board, counts: JobCounts, chosen: JobFilter) -> list[Choice]:
    projects = [(str(pk), name) for pk, name in board.names.items()]
    models = [(model, model) for model in counts.models]
    return [
        _choice("project", "All projects", projects, {str(pk) for pk in chosen.projects}, chosen.but(projects=())),
        _choice("results", "Any results", RESULTS, {chosen.results} - {""}, chosen.but(results="")),
        _choice("model", "Any model", models, set(chosen.models), chosen.but(models=())),
    ]


def ranges(chosen: JobFilter) -> list[Option]:
    current = "custom" if chosen.created_from or chosen.created_to else chosen.within
    return [Option(value, label, value == current) for value, label in RANGES]


@lru_cache(maxsize=10_000)
def _option_html(option: Option) -> SafeString:
    selected = SELECTED if option.chosen else ""
    return format_html('<option value="{}"{}>{}</option>', option.value, selected, option.label)


def _choice(name: str, every: str, options: Iterable[tuple[str, str]], picked: set[str], without: JobFilter) -> Choice:
    made = [Option(value, label, value in picked) for value, label in options]
    several = f"{len(picked)} {name}s" if len(picked) > 1 else ""
    return Choice(name, every, made, several, without.query())
