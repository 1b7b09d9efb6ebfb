"""Other forms of results: nothing is lost, doubled or taken for a formula; archive and provider give the same."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from jobs.models import BatchJob, Project
from jobs.results import exporting, parquet
from jobs.results.archives import OpenArchive
from jobs.results.naming import file_name
from jobs.results.originals import Archived, Piece
from jobs.results.zipping import zip_of
from jobs.spreadsheets import lines as csv_lines
from tests.factories import make_job
from tests.results.conftest import Archived as MakeArchive
from tests.results.lines import answer, encoded, gemini, vertex
from tests.results.saved import save

GOOD, ECHOED = gemini("r1"), vertex("r2", status="")
FAILED = encoded({"key": "r3", "error": {"code": 3, "message": "=cmd|' /C calc'!A0"}})
EMBEDDED = encoded({"key": "r4", "response": {"embedding": {"values": [0.5, -1.0]}}})
SHAPES = [
    b"",
    b"\n\n",
    GOOD,
    GOOD + b"\n",
    b"\xef\xbb\xbf" + GOOD + b"\r\n" + FAILED + b"\r\n\r\n" + b"not JSON",
    b"\n".join([GOOD, ECHOED, FAILED, EMBEDDED]) + b"\n",
]


class InMemory:
    """An original that a provider has, in chunks of 7 bytes."""

    resumable = False

    def __init__(self, *parts: bytes) -> None:
        self.parts = parts

    @property
    def pieces(self) -> list[Piece]:
        return [Piece(str(number), None) for number in range(len(self.parts))]

    def chunks(self, start: int = 0, end: int | None = None, part: int | None = None) -> Iterable[bytes]:
        body = b"".join(self.parts) if part is None else self.parts[part]
        return (body[at : at + 7] for at in range(0, len(body), 7))

    def sha256(self, part: int | None = None) -> str:
        return ""

    def close(self) -> None:
        pass


def rows(*parts: bytes) -> list[dict[str, str]]:
    written = b"".join(csv_lines(exporting.HEADER, exporting.csv_rows(InMemory(*parts))))  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(written.decode())))


def test_a_row_says_what_the_line_says() -> None:
    first, second, third, fourth = rows(SHAPES[-1])

    assert (first["line"], first["key"], first["outcome"], first["text"]) == ("1", "r1", "ok", "Hello")
    assert (first["prompt_tokens"], first["output_tokens"], first["cached_tokens"]) == ("5", "5", "4")
    assert json.loads(second["request"])["contents"][0]["parts"] == [{"text": "Hi"}]
    assert (third["outcome"], third["error"]) == ("failed", "3: =cmd|' /C calc'!A0")
    assert json.loads(fourth["text"]) == [0.5, -1.0]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    (row,) = rows(encoded({"key": text.strip() or "k", "response": answer(text=text)}))

    assert row["text"].startswith("'")


@pytest.mark.parametrize("content", SHAPES)
def test_archive_and_provider_give_the_same_lines(content: bytes, archived: MakeArchive) -> None:
    saved, straight = Archived(archived(content, content)), InMemory(content, content)

    assert list(exporting.numbered(saved)) == list(exporting.numbered(straight))  # type: ignore[arg-type]
    assert list(exporting.failed_lines(saved)) == [
        line + b"\n" if not line.endswith(b"\n") else line
        for line in exporting.failed_lines(straight)  # type: ignore[arg-type]
    ]


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b"\n", b"\r\n", b" \n", b"{}\n"]), max_size=8))
def test_no_byte_of_a_line_is_lost(pieces: list[bytes]) -> None:
    content = b"".join(pieces)

    found = [line for _, line in exporting.numbered(InMemory(content))]  # type: ignore[arg-type]

    expected = [line for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line and not line.isspace()]
    assert found == expected


def merged(content: bytes, requests: OpenArchive | None) -> list[bytes]:
    return list(exporting.merged(InMemory(content), requests))  # type: ignore[arg-type]


def test_a_request_stands_beside_its_response(archived: MakeArchive) -> None:
    asked = [encoded({"key": f"r{number}", "request": {"n": number}}) for number in (3, 1)]

    lines = merged(GOOD + b"\n" + FAILED, archived(b"\n".join(asked)))

    assert lines == [b'{"request":{"n": 1},' + GOOD[1:] + b"\n", b'{"request":{"n": 3},' + FAILED[1:] + b"\n"]


@pytest.mark.parametrize("line", [b"not JSON", b"[1]", b"  ", ECHOED, GOOD])
def test_a_line_without_a_known_request_stays_as_it_is(line: bytes, archived: MakeArchive) -> None:
    unknown = archived(encoded({"key": "other", "request": {}}))

    assert merged(line, unknown) == [line + b"\n"] * bool(line.strip())


def test_keys_too_long_to_tell_apart_are_given_no_request(archived: MakeArchive) -> None:
    keys = ["k" * 9_999 + last for last in "ab"]
    asked = archived(b"\n".join(encoded({"key": key, "request": {"for": key[-1]}}) for key in keys))

    assert merged(gemini(keys[1]), asked) == [gemini(keys[1]) + b"\n"]


def test_lines_without_keys_go_by_their_number(archived: MakeArchive) -> None:
    answers = [encoded({"response": answer()}), b"{}"]
    asked = archived(b'{"contents":[1]}\n{"contents":[2]}\n')

    first, second = merged(b"\n".join(answers), asked)

    assert json.loads(first)["request"] == {"contents": [1]}
    assert second == b'{"request":{"contents":[2]}}\n'


def test_parquet_holds_every_line_as_it_is(tmp_path: Path) -> None:
    content = SHAPES[-2]

    count = parquet.write(exporting.full_lines(InMemory(content)), tmp_path / "x.parquet")  # type: ignore[arg-type]

    table = pyarrow.parquet.read_table(tmp_path / "x.parquet").to_pydict()
    assert (count, table["line"], table["outcome"]) == (3, [1, 2, 4], ["ok", "failed", "broken"])
    assert table["original"] == [GOOD + b"\r", FAILED + b"\r", b"not JSON"]


@pytest.mark.django_db
@pytest.mark.parametrize("unpacked", [False, True])
def test_a_zip_holds_the_stored_files_and_a_list(project: Project, unpacked: bool) -> None:
    contents = [GOOD + b"\n", FAILED]
    archives = [save(make_job(project, display_name="../=x"), content) for content in contents]

    size, body = zip_of(archives, unpacked=unpacked)
    packed = b"".join(body)

    assert size in (None, len(packed))
    with zipfile.ZipFile(io.BytesIO(packed)) as found:
        assert found.testzip() is None
        (listed, *names) = found.namelist()
        read = [found.read(name) for name in names]
        shown = list(csv.DictReader(io.StringIO(found.read(listed).decode())))
    unzipped = read if unpacked else [zstandard.ZstdDecompressor().stream_reader(each).read() for each in read]
    assert unzipped == contents
    assert [(row["sha256"], row["file"]) for row in shown] == [
        (archive.sha256, name) for archive, name in zip(archives, names, strict=True)
    ]


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("nightly eval", "nightly-eval-8d00001.jsonl"),
        ("../../etc/passwd", "etc-passwd-8d00001.jsonl"),
        ('a"b\r\nX: y;%2F', "a-b-X-y;-2F-8d00001.jsonl"),
        ("\u202egpj.exe", "gpj.exe-8d00001.jsonl"),
        ("", "results-8d00001.jsonl"),
        ("…", "…-8d00001.jsonl"),
        ("x" * 300, "x" * 80 + "-8d00001.jsonl"),
    ],
)
def test_a_file_name_does_no_harm(called: str, expected: str) -> None:
    assert file_name(BatchJob(name="batches/8d-00001", display_name=called), "jsonl") == expected
