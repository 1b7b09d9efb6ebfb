"""Guesses from pace, ranges from errors: exact values and what holds for any input."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import eta, replay
from jobs.eta import Alike, Guess, Lesson, Reading, Teacher
from jobs.replay import Past

STEADY = [Reading(60.0 * minute, 10 * minute) for minute in range(6)]
readings = st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 10**6)), max_size=30).map(
    lambda pairs: [Reading(*pair) for pair in sorted(pairs)]
)


def taught(errors: list[float], alike: Alike) -> Teacher:
    teacher = Teacher()
    for error in errors:
        teacher.learn([Lesson(alike, error)])
    return teacher


def test_a_steady_pace_is_guessed_exactly() -> None:
    assert eta.guess(STEADY, 100) == Guess(300.0, Alike(0, 5, False))


def test_the_latest_pace_counts_most_and_is_noticed_as_changed() -> None:
    slower = [*STEADY, *[Reading(300 + 60.0 * minute, 50 + minute) for minute in range(1, 11)]]

    made = eta.guess(slower, 100)

    assert made and made.alike == Alike(0, 6, True)
    assert made.seconds == pytest.approx(2400)


@pytest.mark.parametrize("given", [[], STEADY[:1], [Reading(0, 5), Reading(60, 5)], [Reading(9, 1), Reading(9, 2)]])
def test_without_progress_there_is_no_guess(given: list[Reading]) -> None:
    assert eta.guess(given, 100) is None


def test_when_all_is_done_but_the_end_a_moment_is_left() -> None:
    assert eta.guess(STEADY, 50) == Guess(3.0, Alike(0, 9, False))


def test_untaught_the_range_is_from_half_to_twice() -> None:
    found = Teacher().range_of(Guess(100, Alike(2, 5, False)))

    assert (round(found.low), found.middle, round(found.high)) == (50, 100.0, 201)


def test_the_range_is_the_narrowest_that_holds_four_of_five_errors() -> None:
    alike = Alike(2, 5, False)
    teacher = taught([*[0.0] * 60, *[2.0] * 19, *[-1.0] * 20], alike)
    teacher.miss = 0.2

    found = teacher.range_of(Guess(100, alike))

    assert [found.low, found.middle, found.high] == pytest.approx([100 / math.e, 100.0, 100.0])


def test_jobs_of_other_sizes_teach_until_there_are_enough_alike() -> None:
    teacher = taught([0.5] * 30, Alike(4, 5, False))

    assert teacher.range_of(Guess(100, Alike(1, 5, False))).middle == pytest.approx(100 * math.exp(0.5))
    assert teacher.range_of(Guess(100, Alike(1, 6, False))).middle == 100


def test_a_range_missed_too_often_holds_more() -> None:
    alike = Alike(2, 5, False)
    teacher = taught([0.0] * 50, alike)
    before = teacher.miss

    teacher.learn([Lesson(alike, 1.0)] * 10)

    assert before == pytest.approx(0.24) and teacher.miss == pytest.approx(before - 10 * 0.004 * 0.8)


def test_a_job_teaches_how_far_off_each_guess_was() -> None:
    lessons = eta.lessons(STEADY, 100, 900.0)

    assert [round(lesson.error, 3) for lesson in lessons] == [0.442, 0.486, 0.539, 0.606, 0.693]
    assert lessons[-1].alike == Alike(0, 5, False)


def test_how_long_others_took_tells_how_long_is_left() -> None:
    durations = [float(number) for number in range(1, 101)]

    found = eta.lasting(durations, 50.0)

    assert found and [round(seconds, 1) for seconds in (found.low, found.middle, found.high)] == [5.1, 25.5, 45.9]
    assert eta.lasting(durations, 95.0) is None


@given(readings, st.integers(-5, 10**6))
def test_any_readings_give_a_sound_guess_or_none(given: list[Reading], total: int) -> None:
    made = eta.guess(given, total)

    if made:
        found = Teacher().range_of(made)
        assert 0 < found.low <= found.middle <= found.high
        assert 0 <= made.alike.part < eta.PARTS


@given(readings, st.integers(1, 10**6), st.floats(0, 1e6))
def test_lessons_are_finite(given: list[Reading], total: int, ended: float) -> None:
    assert all(math.isfinite(lesson.error) for lesson in eta.lessons(given, total, ended))


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=200))
def test_a_range_is_in_order_whatever_was_learned(errors: list[float]) -> None:
    alike = Alike(2, 5, True)
    found = taught(errors, alike).range_of(Guess(60, alike))

    assert 0 < found.low <= found.middle <= found.high


def test_a_replay_knows_only_what_was_known_then() -> None:
    """The second job runs before the first has ended, so nothing was learned yet: from half to twice the guess."""
    together = [Past("m", 100, began, began + 900.0, STEADY) for began in (0.0, 10.0)]

    made = list(replay.forecasts(together))

    twice = math.exp(0.7) - math.exp(-0.7)
    assert [one.at for one in made[:3]] == [60.0, 70.0, 120.0]
    assert [one.width for one in made[:2]] == [pytest.approx(twice * 540 / 840)] * 2
    assert [one.held for one in made] == [True] * 10


def test_a_replay_learns_from_jobs_that_ended_before() -> None:
    apart = [Past("m", 100, number * 1000.0, number * 1000.0 + 900.0, STEADY) for number in range(40)]

    made = list(replay.forecasts(apart))

    assert (round(made[0].width, 3), round(made[-1].width, 3)) == (0.975, 0.0)
    assert replay.score(40, []) is None
