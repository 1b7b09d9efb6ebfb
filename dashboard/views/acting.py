"""Where the buttons on jobs lead: one job's menu, keeping, and the plan of an operation."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import actor_of, person_of
from dashboard.board import Board
from dashboard.buttons import job_buttons
from dashboard.download_files import MOST_IN_A_ZIP
from dashboard.rows import JobRow
from dashboard.selecting import selection_of
from jobs import operations
from jobs.models import Action
from jobs.operations import OperationRefused, Selection


@require_safe
def job_menu(request: HttpRequest, pk: int) -> HttpResponse:
    """What the job of one row offers, as a fragment."""
    board, at = Board.of(person_of(request)), timezone.now()
    job = get_object_or_404(board.jobs.select_related("project"), pk=pk)
    answer = {"row": JobRow(job, at=at), "buttons": job_buttons(job, board.roles[job.project_id], at)}
    return render(request, "jobs/menu.html", answer)


@require_POST
def job_keep(request: HttpRequest) -> HttpResponse:
    return _press(request, operations.keep, "{} pinned: no plan takes away what is pinned.")


@require_POST
def job_unkeep(request: HttpRequest) -> HttpResponse:
    return _press(request, operations.unkeep, "{} no longer pinned.")


@require_POST
def job_zip(request: HttpRequest) -> HttpResponse:
    """To the download of what was chosen; whose results one may open is decided there."""
    person, now = person_of(request), timezone.now()
    try:
        ids = [str(pk) for (pk,) in _chosen(request).rows(person, ("pk",), at=now)]
        if not ids or len(ids) > MOST_IN_A_ZIP:
            raise OperationRefused(f"A ZIP holds the results of 1 to {MOST_IN_A_ZIP} jobs: choose others.")
    except OperationRefused as exc:
        messages.error(request, str(exc))
        return _back(request)
    return redirect(f"/download/results.zip?{urlencode({'job': ids}, doseq=True)}")


@require_POST
def operation_plan(request: HttpRequest, action: str) -> HttpResponse:
    """Freeze a plan of what was chosen and show it; nothing is asked of a provider yet."""
    if action not in Action.values:
        raise Http404
    try:
        operation = operations.plan(_chosen(request), Action(action), actor=actor_of(request))
    except OperationRefused as exc:
        messages.error(request, str(exc))
        return _back(request)
    return redirect("operation_detail", operation.pk)


def _press(request: HttpRequest, button: Callable[..., int], done: str) -> HttpResponse:
    try:
        number = button(_chosen(request), actor=actor_of(request))
    except OperationRefused as exc:
        messages.error(request, str(exc))
        return _back(request)
    messages.success(request, done.format(f"{number:,} job is" if number == 1 else f"{number:,} jobs are"))
    return _back(request)


def _chosen(request: HttpRequest) -> Selection:
    selection = selection_of(request.POST)
    if selection is None:
        raise OperationRefused("No job was chosen: tick some, or all that match, and press the button again.")
    return selection


def _back(request: HttpRequest) -> HttpResponse:
    """To the page whose button was pressed."""
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return redirect(came_from if ours else "job_list")
