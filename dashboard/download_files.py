"""What a download answers with: headers and bytes of the file a path names. Runs in a thread; knows no event loop."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from django.http import HttpRequest
from django.utils.http import content_disposition_header

from dashboard import list_files, ranges
from dashboard.download_access import Refused, jobs_for, person_of, write_down
from jobs.connections import kind_of
from jobs.models import Archive, ArchiveStatus, BatchJob, Export, User
from jobs.providers.base import CredentialError, GoneError, ProviderError, TransientError
from jobs.providers.streaming import gathered
from jobs.results import exporting, storing
from jobs.results.archives import OpenArchive
from jobs.results.exports import PARQUET
from jobs.results.inputs import by_place
from jobs.results.naming import file_name
from jobs.results.originals import NoResults, Original, open_original, size_of
from jobs.results.places import Missing, storage
from jobs.results.zipping import zip_of
from jobs.spreadsheets import lines
from jobs.wording import many

PIECE = 1024 * 1024
MOST_IN_A_ZIP = 500
TYPES = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
FORMS = {"results.jsonl": "original", "results.csv": "csv", "failed.jsonl": "failed", "merged.jsonl": "merged"}
Made = Callable[[Original], Iterator[bytes]]
_JOB = re.compile(r"/download/jobs/(\d{1,18})/([a-z]+\.[a-z]+)", re.ASCII)


@dataclass(slots=True)
class File:
    """``start`` to before ``end`` of it are sent; ``etag`` without quotes. ``close`` frees what ``body`` reads from."""

    name: str
    kind: str
    body: Callable[[], Iterator[bytes]]
    user: User
    jobs: list[BatchJob]
    size: int | None = None
    etag: str = ""
    ranged: bool = False
    span: tuple[int, int] | None = None
    close: Callable[[], None] = field(default=lambda: None)

    @property
    def status(self) -> int:
        return 206 if self.span else 200

    def headers(self) -> dict[str, str]:
        told = {
            "content-type": self.kind,
            "content-disposition": content_disposition_header(True, self.name) or "attachment",
            "cache-control": "private, no-store",
            "accept-ranges": "bytes" if self.ranged else "none",
        }
        if self.etag:
            told["etag"] = f'"{self.etag}"'
        if self.span and self.size is not None:
            start, end = self.span
            return told | {"content-range": f"bytes {start}-{end - 1}/{self.size}", "content-length": str(end - start)}
        return told | ({"content-length": str(self.size)} if self.size is not None else {})


def find(request: HttpRequest, stop: Event) -> File:
    """The file that ``request`` names, written down for the audit; raise Refused. ``stop`` ends what is being read."""
    user = person_of(request)
    if listed := list_files.PATH.fullmatch(request.path):
        return _list(request, user, listed[1])
    file = _zip(request, user) if request.path == "/download/results.zip" else _of_one_job(request, user, stop)
    if request.method == "GET":
        write_down(request, user, file.jobs, file=request.path.rpartition("/")[2], bytes=_asked(file))
    return file


def _list(request: HttpRequest, user: User, form: str) -> File:
    """All jobs of a filter, without their results."""
    body = list_files.list_body(request, user, form)
    return File(list_files.list_name(form), TYPES[form], lambda: gathered(body()), user, [])


def _of_one_job(request: HttpRequest, user: User, stop: Event) -> File:
    found = _JOB.fullmatch(request.path)
    if not found or found[2] not in (*FORMS, "results.parquet"):
        raise Refused(404, "There is no such download.")
    (job,) = jobs_for(user, [int(found[1])])
    if found[2] == "results.parquet":
        return _parquet(request, user, job)
    return _results(request, user, job, FORMS[found[2]], stop)


def _asked(file: File) -> str:
    return "all" if file.span is None else f"{file.span[0]}-{file.span[1] - 1}"


def in_words(exc: Exception) -> Refused:
    """What stands in the way, as an answer."""
    if isinstance(exc, GoneError | NoResults):
        return Refused(410 if isinstance(exc, GoneError) else 404, str(exc))
    if isinstance(exc, TransientError):
        return Refused(503, str(exc), **{"retry-after": "30"})
    if isinstance(exc, CredentialError):
        return Refused(409, f"The project's credential is not accepted, so its results cannot be read: {exc}")
    return Refused(409 if isinstance(exc, ProviderError) else 410, str(exc))


def _results(request: HttpRequest, user: User, job: BatchJob, form: str, stop: Event) -> File:
    try:
        original = open_original(job, stop=stop)
    except (ProviderError, NoResults, Missing) as exc:
        raise in_words(exc) from exc
    try:
        return _original(request, user, job, original) if form == "original" else _other(user, job, original, form)
    except Refused:
        original.close()
        raise


def _original(request: HttpRequest, user: User, job: BatchJob, original: Original) -> File:
    part = _part(request, len(original.pieces))
    name = file_name(job, "jsonl") if part is None else f"{part + 1}-{file_name(job, 'jsonl')}"
    size, etag = size_of(original, part), original.sha256(part)
    ranged = original.resumable and size is not None
    span = _span(request, size, etag) if ranged else None
    start, end = span or (0, None)
    return File(
        name,
        TYPES["jsonl"],
        lambda: original.chunks(start, end, part),
        user,
        [job],
        size,
        etag,
        ranged,
        span,
        close=original.close,
    )


def _other(user: User, job: BatchJob, original: Original, form: str) -> File:
    """Made while it is sent: its size is not known before."""
    suffix, kind = ("csv", "csv") if form == "csv" else (f"{form}.jsonl", "jsonl")
    made: Made = {"csv": _csv, "failed": exporting.failed_lines}.get(form) or _merged(job)
    return File(
        file_name(job, suffix), TYPES[kind], lambda: gathered(made(original)), user, [job], close=original.close
    )


def _part(request: HttpRequest, count: int) -> int | None:
    asked = request.GET.get("part")
    if asked is None:
        return None
    if not asked.isascii() or not asked.isdigit() or len(asked) > 6 or not 1 <= int(asked) <= count:
        raise Refused(404, f"These results have {many(count, 'part')}: ask for one of them.")
    return int(asked) - 1


def _span(request: HttpRequest, size: int | None, etag: str) -> tuple[int, int] | None:
    condition = request.headers.get("If-Range", "").strip()
    if request.method != "GET" or size is None or (condition and condition != f'"{etag}"'):
        return None
    try:
        return ranges.wanted(request.headers.get("Range", ""), size)
    except ranges.Unsatisfiable as exc:
        words = f"The file has {size} bytes: ask for some of those."
        raise Refused(416, words, **{"content-range": f"bytes */{size}"}) from exc


def _csv(original: Original) -> Iterator[bytes]:
    return lines(exporting.HEADER, exporting.csv_rows(original))


def _merged(job: BatchJob) -> Made:
    """Raise Refused where no request is known."""
    archive = Archive.objects.filter(job=job).exclude(input_file="").first()
    if archive:
        return lambda original: _with_requests(original, job, archive)
    if not kind_of(job.project).capabilities.echoes_requests:
        raise Refused(404, "The requests of this job are not known: attach its input file on the page of its results.")
    return exporting.merged


def _with_requests(original: Original, job: BatchJob, archive: Archive) -> Iterator[bytes]:
    requests = OpenArchive(archive.input_file, archive.input_index)
    try:
        yield from exporting.merged(original, requests, by_place=by_place(job))
    finally:
        requests.close()


def _parquet(request: HttpRequest, user: User, job: BatchJob) -> File:
    export = Export.objects.filter(archive__job=job, archive__status=ArchiveStatus.SAVED, format=PARQUET).first()
    if export is None:
        raise Refused(404, "There is no Parquet file of these results: have one made on the page of the job's results.")
    if export.ready_at is None:
        words = export.error or "The Parquet file is being made: try again in a moment."
        raise Refused(409, words, **({} if export.error else {"retry-after": "5"}))
    try:
        size, etag = storage().size(export.file), f"{export.pk}-{export.ready_at.timestamp():.0f}"
    except OSError as exc:
        raise Refused(410, "The Parquet file is not there any more: have it made again.") from exc
    span = _span(request, size, etag)
    body = partial(_stored, export.file, *(span or (0, size)))
    return File(file_name(job, "parquet"), TYPES["parquet"], body, user, [job], size, etag, True, span)


def _stored(name: str, start: int, end: int) -> Iterator[bytes]:
    for place in range(start, end, PIECE):
        yield storing.read_range(name, place, min(PIECE, end - place))


def _zip(request: HttpRequest, user: User) -> File:
    asked = request.GET.getlist("job")
    if not asked or not all(each.isascii() and each.isdigit() and len(each) <= 18 for each in asked):
        raise Refused(404, "Name the jobs whose results you want.")
    if len(asked) > MOST_IN_A_ZIP:
        raise Refused(400, f"A ZIP holds the results of at most {MOST_IN_A_ZIP} jobs: choose fewer.")
    jobs = jobs_for(user, [int(each) for each in asked])
    saved = Archive.objects.filter(job__in=jobs, status=ArchiveStatus.SAVED).select_related("job__project")
    archives = sorted(saved, key=lambda archive: archive.job_id)
    if not archives:
        raise Refused(404, "The results of none of these jobs are saved, so there is nothing to put into a ZIP.")
    unpacked = request.GET.get("unpacked") == "1"
    try:
        size, body = zip_of(archives, unpacked=unpacked)
    except OSError as exc:
        raise Refused(410, "A saved file is not there any more: verify the archives.") from exc
    return File("results.zip", "application/zip", lambda: body, user, [archive.job for archive in archives], size)
