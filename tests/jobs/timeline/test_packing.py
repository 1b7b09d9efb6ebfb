"""Lanes: no job covers another, none is lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.timeline.packing import arrange, density, depth, fit, most_lanes
from jobs.timeline.spans import Span
from tests.jobs.timeline.making import DAY, made, several


@given(several(), st.integers(1, 5))
def test_no_job_covers_another_in_its_lane(spans: list[Span], lanes: int) -> None:
    placed, _ = fit(spans, DAY, lanes)

    assert len(placed) <= lanes
    for lane in placed:
        assert all(DAY.until(earlier) <= DAY.begins(later) for earlier, later in pairwise(lane))


@given(several(), st.integers(1, 5), st.integers(0, 30), st.integers(1, 4))
def test_every_job_is_drawn_or_folded_once(spans: list[Span], lanes: int, drawn: int, groups: int) -> None:
    made = arrange(spans, DAY, lambda one: one.project, drawn=drawn, lanes=lanes, groups=groups)

    found = [one.pk for group in made for part in (*group.lanes, group.folded) for one in part]
    assert sorted(found) == sorted(one.pk for one in spans)
    assert sum(group.drawn for group in made) <= drawn
    assert len(made) <= groups


@given(several(), st.integers(1, 300))
def test_density_counts_every_folded_job(spans: list[Span], buckets: int) -> None:
    assert sum(density(spans, DAY, buckets)) == len(spans)


@given(several())
def test_with_room_for_all_nothing_is_folded(spans: list[Span]) -> None:
    _, folded = fit(spans, DAY, len(spans) + 1)

    assert folded == []


@given(several())
def test_as_many_lanes_as_jobs_meet_are_enough(spans: list[Span]) -> None:
    needed = depth(spans, DAY)

    assert len(fit(spans, DAY, len(spans) + 1)[0]) == needed
    assert needed == 0 or len(fit(spans, DAY, needed)[1]) == 0


@pytest.mark.parametrize(
    ("needed", "most"), [([5, 100], 60), ([3, 90, 80, 70], 60), ([50] * 5, 48), ([30] * 40, 12), ([], 60)]
)
def test_lanes_are_shared_by_need(needed: list[int], most: int) -> None:
    assert most_lanes(needed) == most


def test_where_too_many_meet_the_shortest_is_folded() -> None:
    long, longer, short = made(1, 0, 5000), made(2, 100, 9000), made(3, 200, 900)

    assert fit([long, longer, short], DAY, 2) == ([[long], [longer]], [short])


def test_a_lane_is_used_again_after_the_shortest_bar() -> None:
    blink, next_one, later = made(1, 0, 0), made(2, 100, 5000), made(3, 6000, 7000)

    assert fit([blink, next_one, later], DAY, 5) == ([[blink, later], [next_one]], [])


def test_a_live_job_keeps_its_lane() -> None:
    live, later = made(1, 0, 50_000, live=True), made(2, 60_000, 70_000)

    assert fit([live, later], DAY, 5) == ([[live], [later]], [])


def test_the_longest_are_drawn() -> None:
    (group,) = arrange([made(1, 0, 10), made(2, 5000, 9000), made(3, 20_000, 20_500)], DAY, lambda _: "m", drawn=2)

    assert [[one.pk for one in lane] for lane in group.lanes] == [[2, 3]]
    assert [one.pk for one in group.folded] == [1]
    assert group.matched == 3


def test_what_is_longest_is_what_is_seen_of_it() -> None:
    (group,) = arrange([made(1, -90_000, 10), made(2, 5000, 9000)], DAY, lambda _: "m", drawn=1)

    assert [one.pk for one in group.folded] == [1]


def test_the_largest_group_comes_first_and_the_smallest_share_the_last() -> None:
    projects = [1, 2, 2, 3, 3, 3, 4]
    spans = [made(pk, pk * 100, pk * 100 + 50, project=project) for pk, project in enumerate(projects)]

    groups = arrange(spans, DAY, lambda one: one.project, groups=3)

    assert [(group.key, group.matched) for group in groups] == [(3, 3), (2, 2), (None, 2)]
