"""A filter in words, for the page title, confirmations and receipts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .states import ACTIVE, TERMINAL, State
from .wording import many

if TYPE_CHECKING:
    from .filters import JobFilter

RANGE_WORDS = {"24h": "in the last 24 hours", "7d": "in the last 7 days", "30d": "in the last 30 days"}

WARNING_WORDS = {"truncated": "with over 5 % of answers cut off"}
RESULTS_WORDS = {
    "waiting": "with results not saved",
    "saved": "with saved results",
    "lost": "with lost results",
    "expiring": "with results that expire within 6 hours",
}


def describe(chosen: "JobFilter", project_names: Mapping[int, str]) -> str:
    if not chosen.is_set:
        return "all jobs"
    words = [f"{_of_states(chosen.states)} jobs" if chosen.states else "jobs"]
    if chosen.projects:
        words.append(f"of {one_of([_quoted(project_names.get(pk, f'project {pk}')) for pk in chosen.projects])}")
    if chosen.models:
        words.append(f"with model {one_of(chosen.models)}")
    if chosen.search:
        words.append(f"matching {_quoted(chosen.search)}")
    words += [*_created(chosen), *_aged(chosen), *(["with failures"] if chosen.has_failures else []), *_marked(chosen)]
    return " ".join(words) + (", also those gone at the provider" if chosen.gone else "")


def _of_states(states: Sequence[State]) -> str:
    named = {TERMINAL: "finished", ACTIVE: "unfinished"}
    return named.get(frozenset(states)) or one_of([state.value for state in states])


def one_of(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _created(chosen: "JobFilter") -> list[str]:
    if chosen.within:
        return ["created", RANGE_WORDS[chosen.within]]
    first, last = chosen.created_from, chosen.created_to
    bounds = [f"from {first}"] * bool(first) + [f"to {last}"] * bool(last)
    return ["created", *bounds, "(UTC)"] if bounds else []


def _aged(chosen: "JobFilter") -> list[str]:
    if not chosen.older_than:
        return []
    days = many(chosen.older_than, "day")
    ended = chosen.states and TERMINAL.issuperset(chosen.states)
    return [f"that ended over {days} ago" if ended else f"older than {days}"]


def _marked(chosen: "JobFilter") -> list[str]:
    words = [WARNING_WORDS[chosen.warning]] if chosen.warning else []
    words += [RESULTS_WORDS[chosen.results]] if chosen.results else []
    return words + (["pinned to be kept"] if chosen.kept else [])


def _quoted(text: str) -> str:
    return f"“{text}”"
