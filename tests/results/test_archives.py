import os
from pathlib import Path

import pytest

from jobs.results import storing
from jobs.results.archives import OpenArchive
from jobs.results.places import Missing

from .conftest import Archived
from .lines import encoded, gemini


def failed(key: str, message: str) -> bytes:
    return encoded({"key": key, "error": {"code": 3, "message": message}})


@pytest.fixture
def archive(archived: Archived) -> OpenArchive:
    """3,000 lines: every tenth failed, every hundredth truncated."""
    lines = []
    for number in range(1, 3_001):
        if number % 10 == 0:
            lines.append(failed(f"k{number}", f"Row {number} is bad"))
        else:
            lines.append(
                gemini(f"k{number}", text=f"Answer {number}", finish="MAX_TOKENS" if number % 100 == 1 else "STOP")
            )
    return archived(b"\n".join(lines))


def test_pages_follow_each_other(archive: OpenArchive) -> None:
    first = archive.rows(limit=600)
    second = archive.rows(after=first[-1].line, limit=600)

    assert [row.line for row in first + second] == list(range(1, 1_201))


def test_a_class_is_found_wherever_it_lies(archive: OpenArchive) -> None:
    rows = archive.rows("failed", after=2_950)

    assert [row.line for row in rows] == [2_960, 2_970, 2_980, 2_990, 3_000]
    assert (rows[0].key, rows[0].error) == ("k2960", "3: Row 2960 is bad")


def test_ok_lines_can_be_asked_for(archive: OpenArchive) -> None:
    assert [row.line for row in archive.rows("ok", after=98, limit=3)] == [99, 102, 103]


@pytest.mark.parametrize(
    ("outcome", "search", "number"),
    [
        ("", "", 3_000),
        ("failed", "", 300),
        ("truncated", "", 30),
        ("invalid", "", 0),
        ("", "BAD", 300),
        ("ok", "k17", 99),
    ],
)
def test_counts_are_those_of_the_rows(archive: OpenArchive, outcome: str, search: str, number: int) -> None:
    assert archive.count(outcome, search) == number == len(archive.rows(outcome, search, limit=5_000))


@pytest.mark.parametrize(("search", "line"), [("k1234", 1_234), ("answer 1234", 1_234), ("row 2340 IS", 2_340)])
def test_search_finds_keys_texts_and_errors(archive: OpenArchive, search: str, line: int) -> None:
    assert [row.line for row in archive.rows(search=search)] == [line]


def test_search_knows_letters_beyond_ascii(archived: Archived) -> None:
    archive = archived(gemini("a", text="Über den Wolken") + b"\n" + gemini("b"))

    assert [row.key for row in archive.rows(search="über")] == ["a"]


def test_a_search_within_a_class_goes_on_where_it_stopped(archive: OpenArchive) -> None:
    rows = archive.rows("failed", "is bad", after=2_980)

    assert [row.line for row in rows] == [2_990, 3_000]


def test_errors_are_grouped_with_counts_and_an_example(archive: OpenArchive) -> None:
    (group,) = archive.error_groups()

    assert (group.words, group.lines, group.example) == ("3: Row … is bad", 300, 10)
    assert len(archive.rows(group=group.id, limit=1_000)) == archive.count(group=group.id) == 300


def test_one_line_comes_as_it_was(archive: OpenArchive) -> None:
    assert archive.line(10) == failed("k10", "Row 10 is bad") + b"\n"
    assert archive.line(3_000) == failed("k3000", "Row 3000 is bad")
    assert archive.line(3_001) == archive.line(0) == b""


def test_a_line_is_found_by_its_exact_key(archive: OpenArchive) -> None:
    found = archive.with_key("k30")

    assert found is not None and found.line == 30
    assert archive.with_key("k") is None


def test_any_range_reads_only_what_it_needs(archived: Archived) -> None:
    data = b"".join(gemini(str(n), text=os.urandom(400).hex()) + b"\n" for n in range(12_000))
    archive = archived(data, data)

    assert b"".join(archive.original(4_300_000, 8_800_001)) == data[4_300_000:8_800_001]
    assert b"".join(archive.original(5, 12, part=1)) == data[5:12]
    assert b"".join(archive.original(len(data) - 3, part=0)) == data[-3:]
    assert len(archive._frames(4_300_000, 4_300_001)) == 1


def test_a_missing_file_is_said(archive: OpenArchive) -> None:
    storing.drop([archive.file])

    with pytest.raises(Missing, match=r"0\.jsonl\.zst cannot be read"):
        archive.line(1)


def test_a_file_cut_short_is_said(archive: OpenArchive) -> None:
    path = Path(storing.local_path(archive.file))
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(Missing, match="shorter than it was"):
        list(archive.original())


def test_an_index_that_is_none_is_said(archive: OpenArchive, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"nonsense" * 1_000)
    name = storing.keep(tmp_path / "x", "1/x.index.sqlite3")

    with pytest.raises(Missing, match="not an index any more"):
        OpenArchive(archive.file, name)
