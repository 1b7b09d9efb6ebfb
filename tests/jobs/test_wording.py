"""Numbers with their nouns."""

import pytest

from jobs.wording import many


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 jobs"), (1, "1 job"), (2, "2 jobs"), (1_000, "1,000 jobs"), (1_000_001, "1,000,001 jobs")],
)
def test_only_one_is_singular(number: int, said: str) -> None:
    assert many(number, "job") == said
