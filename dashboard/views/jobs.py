"""The jobs list, one job, and the provider's own answer about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from dashboard import fragments
from dashboard.board import Board
from dashboard.buttons import bar_buttons
from dashboard.columns import headings, shown_to
from dashboard.forms.preferences import ListForm
from dashboard.forms.projects import environment_key
from dashboard.job_page import RAW_SHOWN, job_context, pretty
from dashboard.list_files import FILE_OF_ALL
from dashboard.outlook import outlooks
from dashboard.pills import pills
from dashboard.results_state import truncated_shares
from dashboard.rows import UNLISTED, JobRow
from dashboard.toolbar import choices, ranges
from jobs.counts import JobCounts, count
from jobs.filter_reading import read_id
from jobs.filters import JobFilter
from jobs.models import BatchJob, Payload, SavedView, User
from jobs.results.progress import progress_of
from jobs.saved_views import MOST_VIEWS


class Request(HttpRequest):
    user: User
    htmx: HtmxDetails


@require_safe
@vary_on_headers("HX-Request")
def job_list(request: Request) -> HttpResponseBase:
    chosen, board, at = JobFilter.parse(request.GET), Board.of(request.user), timezone.now()
    if not wants_fragment(request):
        return render(request, "jobs/list.html", list_context(board, chosen, at) | _own(board.user))
    query = chosen.query()
    answer = fragments.respond(
        request,
        lambda: render_to_string("jobs/_list.html", list_context(board, chosen, at)),
        board=board,
        own=(board.user.columns, board.user.rows_per_page, chosen.notes),
        query=query,
        at=at,
    )
    answer["HX-Push-Url"] = f"{request.path}?{query}" if query else request.path
    return answer


def _own(person: User) -> dict[str, Any]:
    """What stands beside the list and is a person's own, so never part of a fragment that others get too."""
    views = SavedView.objects.visible_to(person).only("name", "query", "shared_with_id")[:MOST_VIEWS]
    return {"views": views, "list_form": ListForm.of(person)}


def list_context(board: Board, chosen: JobFilter, at: datetime) -> dict[str, Any]:
    counts = _counts(board, chosen, at)
    jobs = board.jobs.defer(*UNLISTED)
    size, columns = board.user.rows_per_page, shown_to(board.user)
    page = chosen.page(jobs, at=at, size=size, matches=counts.matches(chosen), found=counts.found)
    query = chosen.query()
    return {
        "board": board,
        "environment_key": not board.projects and environment_key(board.user),
        "summary": board.summary(at),
        "chosen": chosen,
        "query": query,
        "at": at,
        "title": chosen.describe(board.names),
        "rows": _rows(board, page.jobs, query, at),
        "columns": columns,
        "headings": headings(chosen, columns),
        "pills": pills(counts, chosen),
        "choices": choices(board, counts, chosen),
        "ranges": ranges(chosen),
        "newer": chosen.but(before=page.previous).query() if page.previous else "",
        "older": chosen.but(after=page.next).query() if page.next else "",
        "first": chosen.but().query(),
        "file_of_all": FILE_OF_ALL,
        "everything": chosen.but(sort="created", ascending=False).query(),
        "handed_over": urlencode({"filter": chosen.but(sort="created", ascending=False).query()}),
        "without_age": chosen.but(older_than=0).query(),
        "matching": f"{counts.number(chosen)} {chosen.describe(board.names).removeprefix('all ')}",
        "bar": bar_buttons(operates=board.operates, gone=chosen.gone),
    }


def _rows(board: Board, jobs: Sequence[BatchJob], query: str, at: datetime) -> list[JobRow]:
    cut, ahead = truncated_shares(jobs), outlooks(jobs, at)
    return [
        JobRow(
            job,
            at=at,
            query=query,
            origin=board.origin(job),
            truncated=cut.get(job.pk, ""),
            outlook=ahead.get(job.pk),
        )
        for job in jobs
    ]


def _counts(board: Board, chosen: JobFilter, at: datetime) -> JobCounts:
    """They hold for every order and page of the same filter, for a moment: a board of 500 has 10,000 cells to sum."""
    projects = None if board.whole else board.projects
    parts = (board.version, chosen.but(sort="created", ascending=False).query())
    return fragments.shared("counts", parts, at, lambda: count(board.jobs, chosen, projects, at=at))


@require_safe
@vary_on_headers("HX-Request")
def job_detail(request: Request, pk: int) -> HttpResponseBase:
    chosen, board, at = JobFilter.parse(request.GET), Board.of(request.user), timezone.now()
    job = get_object_or_404(board.jobs.select_related("project"), pk=pk)
    if not wants_fragment(request):
        return render(request, "jobs/detail.html", job_context(board, job, chosen, at))
    return fragments.respond(
        request,
        lambda: render_to_string("jobs/_detail.html", job_context(board, job, chosen, at)),
        board=board,
        query=chosen.query(),
        at=at,
        told=progress_of(job) if job.results_state == "waiting" else None,
    )


@require_safe
def job_raw(request: Request, pk: int) -> HttpResponseBase:
    """The provider's answer, byte for byte but for white space; ``?change=`` names an older state's."""
    job = get_object_or_404(BatchJob.objects.visible_to(request.user), pk=pk)
    payloads = Payload.objects.filter(change__job=job).order_by("-change_id")
    if "change" in request.GET:
        payloads = payloads.filter(change=read_id(request.GET["change"]) or 0)
    payload = payloads.first()
    if payload is None:
        raise Http404("No answer is kept for this job.")
    kind = "application/json; charset=utf-8"
    if payload.size > RAW_SHOWN:
        return StreamingHttpResponse(payload.pieces(), content_type=kind)
    return HttpResponse(pretty(payload.raw), content_type=kind)


def wants_fragment(request: Request) -> bool:
    return bool(request.htmx) and not request.htmx.history_restore_request
