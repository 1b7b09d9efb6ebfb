"""Any Range header means a piece of the file, the whole, or nothing that is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ranges import Unsatisfiable, wanted

NUMBERS = st.integers(0, 10**20).map(str) | st.just("")


@given(
    header=st.text(max_size=40) | st.builds("bytes={}-{}".format, NUMBERS, NUMBERS),
    size=st.integers(0, 10**13),
)
def test_a_range_lies_within_the_file(header: str, size: int) -> None:
    try:
        found = wanted(header, size)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found[0] < found[1] <= size


@given(first=st.integers(0, 99), last=st.integers(0, 200))
def test_first_and_last_are_both_meant(first: int, last: int) -> None:
    expected = (first, min(last + 1, 100)) if first <= last else None

    assert wanted(f"bytes={first}-{last}", 100) == expected


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-5", "bytes=0-0"])
def test_of_an_empty_file_there_is_no_piece(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        wanted(header, 0)
