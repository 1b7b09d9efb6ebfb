"""The requests of a job whose results do not give them back: a file that a person attached, or what the job itself
read from a bucket or a table; kept like an archive."""

from collections.abc import Callable, Iterable

from jobs import audit
from jobs.connections import kind_of
from jobs.models import Archive, BatchJob
from jobs.projects import Actor

from . import storing
from .archives import Missing, OpenArchive, open_archive
from .classes import Line
from .reading import open_requests
from .writing import write

LARGEST = 2 * 10**9 + 10**6  # bytes: what the Files API takes for a batch, and the form around it
COMPARED = 20  # rows whose requests are looked for before a file is taken
Parts = Iterable[tuple[str, Iterable[bytes]]]


class InputRefused(Exception):
    """The file is not kept; ``str()`` is one sentence that says why."""


def open_input(archive: Archive) -> OpenArchive | None:
    """The attached file, for ``with``; None where there is none. Raise Missing when it is not where it was put."""
    return OpenArchive(archive.input_file, archive.input_index) if archive.input_index else None


def request_line(attached: OpenArchive, row: Line, *, by_place: bool) -> bytes:
    """The line of ``row``'s request: by its key, else ``by_place``; b"" for none."""
    found = _request_of(attached, row, by_place)
    return attached.line(found.line) if found else b""


def by_place(job: BatchJob) -> bool:
    """Whether a row without a key belongs to the request of its place."""
    return kind_of(job.project).capabilities.keeps_order


def attach(archive: Archive, name: str, chunks: Iterable[bytes], *, by: Actor) -> int:
    """Keep the bytes of an input file beside the results, indexed; how many lines it has. Raise InputRefused."""
    return _attach(archive, [(name, chunks)], 0, by, tick=lambda size: None)


def fetch(archive: Archive, *, by: Actor, tick: Callable[[int], None]) -> int:
    """The same with what the job itself read; ``tick`` hears of bytes. Raise InputRefused or a ProviderError."""
    source = open_requests(archive.job)
    if not source.parts:
        raise InputRefused("Where this job read its requests nothing can be found any more: attach the input file.")
    return _attach(archive, source.named(), source.size or 0, by, tick=tick)


def _attach(archive: Archive, parts: Parts, size: int, by: Actor, *, tick: Callable[[int], None]) -> int:
    try:
        storing.check_room(size // 2)
        with storing.spool() as folder:
            written = write(parts, folder, tick=tick)
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
    places = by_place(archive.job)
    with open_archive(archive) as results, OpenArchive(*files) as attached:
        if any(_request_of(attached, row, places) for row in results.rows(limit=COMPARED)):
            return
    storing.drop(files)
    raise InputRefused(
        f"None of the first {COMPARED} rows has its request in this file, so it is not kept:"
        " choose the file this job was created from."
    )


def _request_of(attached: OpenArchive, row: Line, places: bool) -> Line | None:
    return attached.with_key(row.key) if row.key else attached.find(row.line) if places else None


def _name(archive: Archive, files: tuple[str, str], size: int | None, lines: int | None) -> None:
    """Let the row name ``files``; those it named before are dropped."""
    before = (archive.input_file, archive.input_index)
    named = {"input_file": files[0], "input_index": files[1], "input_size": size, "input_lines": lines}
    Archive.objects.filter(pk=archive.pk).update(**named)
    for name, value in named.items():
        setattr(archive, name, value)
    storing.drop(before)
