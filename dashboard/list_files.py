"""The list of jobs as a file: the filter of the page, in the order of the page, whole."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import msgspec
from allauth.account.adapter import get_adapter
from django.db import close_old_connections
from django.http import HttpRequest
from django.utils import timezone

from jobs import audit, exporting
from jobs.filters import JobFilter
from jobs.models import BatchJob, User
from jobs.spreadsheets import lines

FILE_OF_ALL = "/download/jobs"
PATH = re.compile(FILE_OF_ALL + r"\.(csv|jsonl)", re.ASCII)


def list_body(request: HttpRequest, user: User, form: str) -> Callable[[], Iterator[bytes]]:
    """What makes the file, in pieces; written down for the audit where it is fetched."""
    chosen, at = JobFilter.parse(request.GET).but(), timezone.now()
    if request.method == "GET":
        address = get_adapter().get_client_ip(request)
        detail = {"filter": chosen.query(), "file": f"jobs.{form}"}
        audit.record("export jobs", user, by=user, at=at, address=address, detail=detail)
    return lambda: _read_in_turns(_pieces(user, chosen, form, at))


def list_name(form: str) -> str:
    return f"jobs-{timezone.now():%Y%m%d-%H%M%S}.{form}"


def _pieces(user: User, chosen: JobFilter, form: str, at: datetime) -> Iterator[bytes]:
    jobs = exporting.each(partial(BatchJob.objects.visible_to, user), chosen, at=at)
    if form == "csv":
        return lines(exporting.HEADER, map(exporting.as_row, jobs))
    return (msgspec.json.encode(exporting.as_dict(job)) + b"\n" for job in jobs)


def _read_in_turns(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Between pieces no thread keeps a connection to the database: the next one may be read by another thread."""
    while True:
        close_old_connections()
        piece = next(pieces, None)
        close_old_connections()
        if piece is None:
            return
        yield piece
