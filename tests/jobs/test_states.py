"""grade(): every case of "what state is shown", listed; and what holds for all inputs."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.states import ACTIVE, TERMINAL, Counts, State, grade

NONE = Counts()
ALL_WELL, SOME_FAILED, ALL_FAILED = Counts(10, 10, 0, 0), Counts(10, 7, 3, 0), Counts(10, 0, 10, 0)
counts = st.builds(Counts, *[st.none() | st.integers(0, 2**63 - 1)] * 4)


@pytest.mark.parametrize("reported", [State.SUCCEEDED, State.PARTIAL])
@pytest.mark.parametrize(
    ("told", "state"),
    [
        (SOME_FAILED, State.PARTIAL),
        (ALL_FAILED, State.FAILED),
        (Counts(failed=3), State.PARTIAL),
        (Counts(failed=3, succeeded=0), State.FAILED),
        (Counts(total=3, failed=3), State.FAILED),
        (Counts(total=4, failed=3), State.PARTIAL),
        (Counts(total=4, failed=3, pending=1), State.FAILED),
        (Counts(total=2, failed=3), State.FAILED),
        (Counts(total=3, succeeded=1, failed=3), State.PARTIAL),
    ],
)
def test_a_finished_job_is_graded_by_its_failed_requests(reported: State, told: Counts, state: State) -> None:
    assert grade(reported, told) is state


@pytest.mark.parametrize("reported", [State.SUCCEEDED, State.PARTIAL])
@pytest.mark.parametrize(
    "told", [NONE, ALL_WELL, Counts(total=0), Counts(0, 0, 0, 0), Counts(failed=0), Counts(succeeded=0)]
)
def test_without_failed_requests_the_providers_word_holds(reported: State, told: Counts) -> None:
    assert grade(reported, told) is reported


@pytest.mark.parametrize(
    ("told", "found", "state"),
    [
        (ALL_WELL, SOME_FAILED, State.PARTIAL),
        (ALL_WELL, ALL_FAILED, State.FAILED),
        (ALL_FAILED, ALL_WELL, State.SUCCEEDED),
        (SOME_FAILED, None, State.PARTIAL),
        (NONE, SOME_FAILED, State.PARTIAL),
    ],
)
def test_counts_of_the_results_themselves_outweigh_the_providers(
    told: Counts, found: Counts | None, state: State
) -> None:
    assert grade(State.SUCCEEDED, told, results=found) is state


@pytest.mark.parametrize(
    "reported",
    [State.FAILED, State.CANCELLED, State.EXPIRED, State.UNKNOWN, State.CANCELLING, State.QUEUED, State.RUNNING],
)
def test_counts_change_no_other_state(reported: State) -> None:
    for told in (NONE, ALL_WELL, SOME_FAILED, ALL_FAILED):
        assert grade(reported, told, results=told) is reported


@pytest.mark.parametrize("reported", list(State))
def test_our_cancel_request_shows_on_live_jobs_only(reported: State) -> None:
    live = (State.QUEUED, State.RUNNING, State.PAUSED)

    shown = grade(reported, NONE, cancel_requested=True)

    assert shown is (State.CANCELLING if reported in live else reported)


@pytest.mark.parametrize(
    ("told", "usable"),
    [
        (NONE, None),
        (Counts(failed=3), None),
        (Counts(succeeded=5), 5),
        (Counts(total=10), 10),
        (Counts(total=10, failed=3), 7),
        (Counts(total=10, failed=3, pending=2), 5),
        (Counts(total=1, failed=3), 0),
    ],
)
def test_usable_requests(told: Counts, usable: int | None) -> None:
    assert told.usable == usable


@given(reported=st.sampled_from(State), told=counts, found=st.none() | counts, cancelled=st.booleans())
def test_grading_never_moves_a_job_between_live_and_finished(
    reported: State, told: Counts, found: Counts | None, cancelled: bool
) -> None:
    shown = grade(reported, told, cancel_requested=cancelled, results=found)

    assert (shown in TERMINAL) == (reported in TERMINAL)


def test_every_state_is_either_live_or_finished() -> None:
    assert frozenset(State) == ACTIVE | TERMINAL
    assert not ACTIVE & TERMINAL
    assert {State.UNKNOWN, State.PAUSED, State.CANCELLING} <= ACTIVE


def test_every_state_has_a_label() -> None:
    assert [state.label.lower() for state in State] == [state.value for state in State]


def test_grading_twice_changes_nothing() -> None:
    for reported, told, cancelled in product(State, (NONE, ALL_WELL, SOME_FAILED, ALL_FAILED), (False, True)):
        once = grade(reported, told, cancel_requested=cancelled)
        assert grade(once, told, cancel_requested=cancelled) is once
