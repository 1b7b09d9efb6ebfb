"""What jobs took, and how many were alive at once."""

from hypothesis import given

from jobs.timeline.numbers import EDGES, Durations, Throughput, kinds, runs, slots, throughput, waits
from jobs.timeline.packing import Frame
from jobs.timeline.spans import Span
from tests.jobs.timeline.making import DAY, made, several

FOUR = Frame(0, 400, 1)


def test_median_and_p95_are_some_job_s_own() -> None:
    found = Durations.of(range(1, 101))

    assert found is not None
    assert (found.number, found.median, found.p95) == (100, 50, 95)


def test_of_one_job_both_are_its_own() -> None:
    found = Durations.of([7])

    assert found is not None
    assert (found.median, found.p95) == (7, 7)


def test_of_no_job_nothing_is_said() -> None:
    assert Durations.of([]) is None


def test_a_bar_holds_what_lasts_less_than_its_edge() -> None:
    found = Durations.of([0, 29, 30, EDGES[-1] - 1, EDGES[-1], 10**6])

    assert found is not None
    assert found.histogram == (2, 1, *[0] * 11, 1, 2)


def test_a_wait_ends_at_the_start_and_a_run_at_the_end() -> None:
    spans = [made(1, 0, 100, started=40), made(2, 0, 90, started=10, live=True), made(3, 0, 90, started=None)]

    waited, ran = waits(spans), runs(spans)

    assert waited and ran
    assert (waited.number, waited.median, waited.p95) == (2, 10, 40)
    assert (ran.number, ran.median) == (1, 60)


def test_kinds_are_told_apart_by_model_and_size() -> None:
    spans = [made(1, model="a"), made(2, model="b", requests=5000), made(3, model="b", requests=9000)]

    assert [(kind.model, kind.size, kind.jobs) for kind in kinds(spans)] == [("b", 2, 2), ("a", 0, 1)]


def test_throughput_counts_what_ended_within() -> None:
    spans = [
        made(1, 0, 50),
        made(2, 0, 399, state="failed"),
        made(3, 0, 400),
        made(4, -50, -1),
        made(5, 0, 300, live=True),
        made(6, 0, 399, state="partial", requests=None),
    ]

    assert throughput(spans, FOUR, 4) == Throughput([1, 0, 0, 1], [0, 0, 0, 1], 20)


def test_slots_tell_the_most_alive_at_once_and_when() -> None:
    spans = [made(1, -10, 150), made(2, 120, 350), made(3, 150, 160), made(4, 10, 20, project=2)]

    fullest, other = slots(spans, FOUR, 4, now=1000)

    assert (fullest.project, fullest.most, fullest.most_at, fullest.now) == (1, 2, 120, 0)
    assert fullest.peaks == [1, 2, 1, 1]
    assert (other.project, other.most) == (2, 1)


def test_parts_that_begin_after_now_stay_empty() -> None:
    (found,) = slots([made(1, 10, 150, live=True)], FOUR, 4, now=150)

    assert (found.now, found.peaks) == (1, [1, 1, 0, 0])


@given(several())
def test_peaks_never_exceed_the_most(spans: list[Span]) -> None:
    for found in slots(spans, DAY, 48, now=80_000):
        assert max(found.peaks) == found.most
        assert 0 <= found.now <= found.most
