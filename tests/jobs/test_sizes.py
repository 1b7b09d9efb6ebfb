"""Which jobs are alike in size."""

import pytest

from jobs.sizes import UNKNOWN, size_class, size_range, size_words


@pytest.mark.parametrize(
    ("requests", "place"),
    [(None, UNKNOWN), (0, 0), (100, 0), (101, 1), (1_000, 1), (10_001, 3), (100_000, 3), (100_001, 4)],
)
def test_a_number_of_requests_has_one_class(requests: int | None, place: int) -> None:
    assert size_class(requests) == place


def test_classes_meet_without_gap() -> None:
    ranges = [size_range(place) for place in range(5)]

    assert ranges == [(0, 100), (101, 1_000), (1_001, 10_000), (10_001, 100_000), (100_001, None)]
    assert all(size_class(least) == place for place, (least, _) in enumerate(ranges))


def test_the_unknown_class_has_no_range() -> None:
    with pytest.raises(IndexError):
        size_range(UNKNOWN)


def test_classes_have_words() -> None:
    assert [size_words(place) for place in (-1, 1, 4)] == [
        "unknown size",
        "up to 1,000 requests",
        "over 100,000 requests",
    ]
