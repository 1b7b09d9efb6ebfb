"""Results from scripts: files, summaries, archives by hand and their check."""

import csv
import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from django.core.management import CommandError

from jobs.models import Archive, Project
from jobs.results import storing
from jobs.results.reading import open_results
from jobs.simulator.accounts import GeminiAccount
from jobs.simulator.jobs import SimJob

from .test_scripts import run, search

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["search"]
FACTS = {
    *("lines", "ok", "failed", "truncated", "blocked", "empty", "broken", "missing_key", "duplicate_keys"),
    *("invalid_json", "prompt_tokens", "output_tokens", "cached_tokens", "cost", "bytes", "sha256", "archived_at"),
}


@pytest.fixture
def job(search: GeminiAccount) -> SimJob:
    """A finished job of 40 requests, ten of them failed, known to the board."""
    ago = search.clock.now() - timedelta(hours=1)
    made = search.add_job(requests=40, failed=10, created=ago, queue_seconds=0, run_seconds=60)
    run("sync", "--project", "Search")
    return made


def original(job: SimJob) -> bytes:
    source = open_results(Project.objects.get(name="Search").jobs.get(name=job.name))
    return b"".join(source.chunks(source.parts[0]))


def called(job: SimJob) -> str:
    return f"Search/{job.name.rpartition('/')[2]}"


def archive(*words: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run("archive", *words, "--json"))
    return told


def test_a_file_is_the_original_saved_or_not(job: SimJob, tmp_path: Path) -> None:
    run("results", f"Search/{job.name}", "-o", str(tmp_path / "before"))
    archive()
    run("results", called(job), "--format", "jsonl", "-o", str(tmp_path / "after"))

    assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes() == original(job)


def test_only_the_failed_lines(job: SimJob, tmp_path: Path) -> None:
    archive()
    run("results", called(job), "--failed", "-o", str(tmp_path / "failed"))

    lines = (tmp_path / "failed").read_bytes().splitlines()
    assert len(lines) == 10 and all(b'"error"' in line for line in lines)


@pytest.mark.parametrize(("words", "rows"), [([], 40), (["--failed"], 10)])
def test_csv_and_parquet_hold_a_row_a_line(job: SimJob, tmp_path: Path, words: list[str], rows: int) -> None:
    for kind in ("csv", "parquet"):
        run("results", called(job), "--format", kind, *words, "-o", str(tmp_path / kind))

    with (tmp_path / "csv").open() as file:
        assert len(list(csv.DictReader(file))) == rows
    assert pyarrow.parquet.read_table(tmp_path / "parquet").num_rows == rows
    assert sorted(path.name for path in tmp_path.iterdir()) == ["csv", "parquet"]


def test_the_summary_is_one_object_with_every_fact(job: SimJob) -> None:
    before = json.loads(run("results", called(job), "--summary", "--json"))
    archive()
    after = json.loads(run("results", called(job), "--summary", "--json"))

    assert set(after) == FACTS
    assert (after["lines"], after["failed"], after["missing_key"]) == (40, 10, 0)
    assert after["sha256"] == hashlib.sha256(original(job)).hexdigest()
    assert before | {"archived_at": after["archived_at"]} == after
    assert before["archived_at"] is None and after["archived_at"].endswith("Z")


def test_archiving_by_hand_says_what_became_of_it(job: SimJob) -> None:
    told = archive("--project", "Search")

    size = len(original(job))
    assert told == {"saved": 1, "lost": 0, "refused": 0, "waiting": 0, "busy": 0, "bytes": size, "errors": []}
    assert archive()["saved"] == 0


def test_projects_that_save_on_demand_are_left_unless_named(job: SimJob) -> None:
    Project.objects.update(archive_mode="demand")

    assert archive()["saved"] == 0
    assert archive("--all")["saved"] == 1


def test_what_cannot_be_saved_is_an_error(job: SimJob, search: GeminiAccount) -> None:
    search.faults.set(503, path="/v1beta/")

    with pytest.raises(CommandError, match="Not everything was saved"):
        run("archive")


def test_every_archive_can_be_verified(job: SimJob) -> None:
    archive()

    assert json.loads(run("verify_archives", "--json")) == {"checked": 1, "whole": 1, "errors": []}
    storing.drop(Archive.objects.values_list("file", flat=True))
    with pytest.raises(CommandError, match="cannot be read"):
        run("verify_archives")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["results", "Search"], "is not a job"),
        (["results", "Nobody/x"], "There is no project"),
        (["results", "Search/none"], "has no job"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(search: GeminiAccount, words: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(*words)


def test_a_file_that_cannot_be_written_is_said(job: SimJob, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"No such file or directory\.$"):
        run("results", called(job), "-o", str(tmp_path / "no" / "folder"))


def test_parquet_needs_a_file(job: SimJob) -> None:
    with pytest.raises(CommandError, match="-o FILE"):
        run("results", called(job), "--format", "parquet")
