"""The requests of a job whose provider does not give them back: a file that a person attached, kept like an archive."""

from collections.abc import Iterable

from jobs import audit
from jobs.models import Archive
from jobs.projects import Actor

from . import storing
from .archives import Missing, OpenArchive, open_archive
from .classes import Line
from .writing import write

LARGEST = 2 * 10**9 + 10**6  # bytes: what the Files API takes for a batch, and the form around it
COMPARED = 20  # rows whose requests are looked for before a file is taken


class InputRefused(Exception):
    """The file is not kept; ``str()`` is one sentence that says why."""


def open_input(archive: Archive) -> OpenArchive | None:
    """The attached file, for ``with``; None where there is none. Raise Missing when it is not where it was put."""
    return OpenArchive(archive.input_file, archive.input_index) if archive.input_index else None


def request_line(attached: OpenArchive, row: Line) -> bytes:
    """The line of ``row``'s request: by its key, else by its place; b"" for none."""
    found = attached.with_key(row.key) if row.key else attached.find(row.line)
    return attached.line(found.line) if found else b""


def attach(archive: Archive, name: str, chunks: Iterable[bytes], *, by: Actor) -> int:
    """Keep the bytes of an input file beside the results, indexed; how many lines it has. Raise InputRefused."""
    try:
        storing.check_room()
        with storing.spool() as folder:
            written = write([(name, chunks)], folder)
            place = f"{archive.job.project_id}/{archive.job_id}"
            files = (
                storing.keep(written.archive, f"{place}.input.jsonl.zst"),
                storing.keep(written.index, f"{place}.input.sqlite3"),
            )
        _refuse_foreign(archive, files)
    except (storing.NoRoom, Missing) as exc:
        raise InputRefused(str(exc)) from exc
    lines = written.summary.lines
    _name(archive, files, written.summary.size, lines)
    audit.record("attach input", archive.job, by=by.user, at=by.at, address=by.address, detail={"lines": lines})
    return lines


def detach(archive: Archive, *, by: Actor) -> None:
    """Forget the attached file."""
    if archive.input_index:
        _name(archive, ("", ""), None, None)
        audit.record("detach input", archive.job, by=by.user, at=by.at, address=by.address)


def _refuse_foreign(archive: Archive, files: tuple[str, str]) -> None:
    """The file of another job holds none of this one's keys: then it is dropped. Raise InputRefused."""
    with open_archive(archive) as results, OpenArchive(*files) as attached:
        if any(
            attached.with_key(row.key) if row.key else attached.find(row.line) for row in results.rows(limit=COMPARED)
        ):
            return
    storing.drop(files)
    raise InputRefused(
        f"None of the first {COMPARED} rows has its request in this file, so it is not kept:"
        " choose the file this job was created from."
    )


def _name(archive: Archive, files: tuple[str, str], size: int | None, lines: int | None) -> None:
    """Let the row name ``files``; those it named before are dropped."""
    before = (archive.input_file, archive.input_index)
    named = {"input_file": files[0], "input_index": files[1], "input_size": size, "input_lines": lines}
    Archive.objects.filter(pk=archive.pk).update(**named)
    for name, value in named.items():
        setattr(archive, name, value)
    storing.drop(before)
