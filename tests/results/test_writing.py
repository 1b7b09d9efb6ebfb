import hashlib
import subprocess
from pathlib import Path

import pytest

from jobs.results import writing
from jobs.results.index import Keys, normalised

from .conftest import Archived
from .lines import encoded, gemini, open_ai, vertex

ROW = gemini() + b"\n"
BIG = gemini(text="x" * 20_000_000) + b"\n"
VECTORS = b"".join(
    encoded({"key": str(size), "response": {"embedding": {"values": [0.5] * size}}}) + b"\n" for size in (1, 768, 3072)
)
SHAPES = {
    "empty": b"",
    "one line": ROW,
    "no final newline": ROW + gemini("r2"),
    "CRLF": ROW.replace(b"\n", b"\r\n") * 3,
    "BOM": b"\xef\xbb\xbf" + ROW * 2,
    "blank lines": b"\n\n" + ROW + b"  \r\n\t\n" + ROW + b"\n",
    "broken lines": ROW + b'{"key": "cut\n<html>\n\xff\xfe\x00\n[1]\n' + ROW,
    "20 MB line": ROW + BIG + ROW,
    "unwrapped and mixed": b"\n".join([open_ai(), vertex(), encoded({"code": 3, "message": "no"}), b"{}"]),
    "shuffled and duplicate keys": b"".join(gemini(key) + b"\n" for key in ("c", "a", "b", "a", "a")),
    "embeddings": VECTORS,
    "many frames": b"".join(gemini(str(n), text="word " * 300) + b"\n" for n in range(6_000)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [65_537, 2_000_000])
def test_the_original_comes_back_byte_for_byte(shape: str, size: int, archived: Archived) -> None:
    archive = archived(SHAPES[shape], size=size)

    assert b"".join(archive.original()) == SHAPES[shape]
    assert archive.summary.sha256 == hashlib.sha256(SHAPES[shape]).hexdigest()


@pytest.mark.parametrize("shape", sorted(set(SHAPES) - {"20 MB line", "many frames"}))
def test_chunks_of_any_size_give_the_same(shape: str, archived: Archived) -> None:
    whole, bits = archived(SHAPES[shape]), archived(SHAPES[shape], size=7)

    assert bits.summary.sha256 == whole.summary.sha256
    assert bits.rows(limit=100) == whole.rows(limit=100)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_non_blank_line_is_counted_in_one_class(shape: str, archived: Archived) -> None:
    summary = archived(SHAPES[shape]).summary
    classes = (summary.ok, summary.failed, summary.truncated, summary.blocked, summary.empty, summary.broken)

    assert sum(classes) == summary.lines == sum(bool(line.strip()) for line in SHAPES[shape].split(b"\n"))


def test_plain_zstd_reads_an_archive(tmp_path: Path) -> None:
    made = writing.write([("a", [SHAPES["many frames"]])], tmp_path)

    told = subprocess.run(["zstd", "-dc", made.archive], capture_output=True, check=True)

    assert told.stdout == SHAPES["many frames"]


def test_parts_follow_each_other_with_their_own_hashes(archived: Archived) -> None:
    one, two = ROW + gemini("r2"), b"\xef\xbb\xbf" + ROW

    archive = archived(one, b"", two)

    assert [(part.name, part.start, part.size) for part in archive.summary.parts] == [
        ("part-0.jsonl", 0, len(one)),
        ("part-1.jsonl", len(one), 0),
        ("part-2.jsonl", len(one), len(two)),
    ]
    assert archive.summary.parts[2].sha256 == hashlib.sha256(two).hexdigest()
    assert archive.summary.sha256 == hashlib.sha256(one + two).hexdigest()


def test_lines_go_on_counting_over_parts(archived: Archived) -> None:
    archive = archived(ROW + gemini("r2"), b"\n" + gemini("r3"))

    assert [(row.line, row.key) for row in archive.rows()] == [(1, "r1"), (2, "r2"), (4, "r3")]


def test_missing_and_duplicate_keys_are_counted(archived: Archived) -> None:
    summary = archived(b"\n".join([gemini("a"), gemini("b"), gemini("a"), gemini("a"), b"{}", b"broken"])).summary

    assert (summary.duplicate_keys, summary.missing_key) == (2, 1)


def test_a_line_too_long_to_read_is_kept_and_said(archived: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "LONGEST_LINE", 1_000)
    monkeypatch.setattr(writing, "FRAME", 500)
    data = ROW + gemini(text="y" * 5_000) + b"\n" + ROW

    archive = archived(data, size=300)

    assert [row.outcome for row in archive.rows()] == ["ok", "broken", "ok"]
    assert archive.rows()[1].error.startswith("Too long to read.")
    assert b"".join(archive.original()) == data


def test_a_million_keys_take_little_memory() -> None:
    keys = Keys()
    for start in range(0, 1_000_000, 1_000):
        keys.add([f"key-{number}" for number in range(start, start + 1_000)])
    keys.add(["key-5", "key-5"])

    assert keys.repeated() == 2


def test_what_a_tick_raises_ends_the_pass(tmp_path: Path) -> None:
    def tick(size: int) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        writing.write([("a", [ROW])], tmp_path, tick=tick)


def test_errors_that_differ_in_names_are_one_group() -> None:
    errors = {'3: Row 17 of "a" failed', '3: Row 4 of "bc" failed'}

    assert {normalised(error) for error in errors} == {"3: Row … of … failed"}
