"""One job's results as a file, or what is in them as one JSON object."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser

from jobs import spreadsheets
from jobs.management.base import BoardCommand, find_job
from jobs.management.progress import bytes_bar
from jobs.models import BatchJob
from jobs.providers.base import ProviderError
from jobs.results import exporting, parquet
from jobs.results.classes import Outcome
from jobs.results.originals import NoResults, Original, open_original, size_of
from jobs.results.places import Missing
from jobs.results.storing import NoRoom
from jobs.results.summing import summary_of

FAILED = (Outcome.FAILED, Outcome.BROKEN)
UNFINISHED = ".part"


class Command(BoardCommand):
    help = "Write one job's results to a file, or sum up what is in them; read from the provider unless saved."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", metavar="JOB", help="PROJECT/NAME as list_jobs prints it; NAME's last part will do")
        parser.add_argument("--format", choices=["jsonl", "csv", "parquet"], default="jsonl")
        parser.add_argument("--failed", action="store_true", help="only what failed or is broken")
        parser.add_argument("-o", "--output", metavar="FILE", help="else to standard output")
        parser.add_argument("--summary", action="store_true", help="counts, tokens, cost and hash instead of a file")
        parser.add_argument("--json", action="store_true", help="the summary as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        job = find_job(options["job"])
        try:
            if options["summary"]:
                self._say_summary(job, as_json=options["json"])
            else:
                self._write(job, options)
        except (ProviderError, NoResults, Missing, NoRoom) as exc:
            raise CommandError(str(exc)) from exc
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise CommandError(f"{exc.filename or options['output']}: {exc.strerror}.") from exc

    def _say_summary(self, job: BatchJob, *, as_json: bool) -> None:
        with bytes_bar(job.short_id, None) as bar:
            summary = summary_of(job, progress=bar)
        if as_json:
            self.say_json(summary)
            return
        for name, value in summary.items():
            self.stdout.write(f"{name:<16} {value if value is not None else '–'}")

    def _write(self, job: BatchJob, options: dict[str, Any]) -> None:
        if options["format"] == "parquet" and not options["output"]:
            raise CommandError("Parquet is no text: say where to write it with -o FILE.", returncode=2)
        with closing(open_original(job)) as original:
            if options["output"]:
                _write_file(original, options, Path(options["output"]))
            else:
                sys.stdout.flush()
                _copy(_pieces(original, options), sys.stdout.buffer, None)


def _write_file(original: Original, options: dict[str, Any], path: Path) -> None:
    """Under its name only when it is whole."""
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        if options["format"] == "parquet":
            parquet.write(_lines(original, failed=options["failed"]), unfinished)
        else:
            plain = options["format"] == "jsonl" and not options["failed"]
            with unfinished.open("wb") as file:
                _copy(_pieces(original, options), file, size_of(original) if plain else None)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _copy(pieces: Iterable[bytes], file: BinaryIO, size: int | None) -> None:
    with bytes_bar("results", size) as bar:
        for piece in pieces:
            file.write(piece)
            bar(len(piece))


def _pieces(original: Original, options: dict[str, Any]) -> Iterator[bytes]:
    if options["format"] == "csv":
        rows = map(exporting.row_of, _lines(original, failed=options["failed"]))
        return spreadsheets.lines(exporting.HEADER, rows)
    return exporting.failed_lines(original) if options["failed"] else iter(original.chunks())


def _lines(original: Original, *, failed: bool) -> Iterator[exporting.Full]:
    return (full for full in exporting.full_lines(original) if not failed or full.line.outcome in FAILED)
