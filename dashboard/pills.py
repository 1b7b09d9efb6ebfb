"""The pills above the list: each state with its number, linked to what a click would show."""

from dataclasses import dataclass

from jobs.counts import JobCounts, Number
from jobs.filters import JobFilter
from jobs.states import State

ALWAYS = {State.QUEUED, State.RUNNING, State.SUCCEEDED, State.FAILED}


@dataclass(frozen=True, slots=True)
class Pill:
    """``state`` is empty for "All"; ``number`` is empty where counting stopped before any was met."""

    state: str
    label: str
    number: str
    query: str
    current: bool


def pills(counts: JobCounts, chosen: JobFilter) -> list[Pill]:
    """All, then the states that have jobs, are chosen, or always show."""
    every = Pill("", "All", str(counts.all), chosen.but(states=()).query(), not chosen.states)
    shown = [state for state in State if counts.by_state[state].least or state in chosen.states or state in ALWAYS]
    return [every, *[_pill(state, counts.by_state[state], chosen) for state in shown]]


def _pill(state: State, number: Number, chosen: JobFilter) -> Pill:
    words = str(number) if number.exact or number.least else ""
    current = state in chosen.states
    clicked = () if chosen.states == (state,) else (state,)
    return Pill(state.value, state.label, words, chosen.but(states=clicked).query(), current)
