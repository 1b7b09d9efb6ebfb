"""Operations: their history, and one of them from plan to receipt."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from dashboard import fragments
from dashboard.access import actor_of, person_of
from dashboard.board import Board
from dashboard.csv_files import csv_response
from dashboard.forms.operations import ConfirmForm, OperationFilter
from dashboard.operation_page import OperationPage
from jobs import operations
from jobs.models import Operation, OperationStatus
from jobs.operations import OperationRefused

PAGE_SIZE = 50


@require_safe
def operation_list(request: HttpRequest) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    form = OperationFilter(request.GET)
    found = form.apply(Operation.objects.visible_to(person)).order_by("-planned_at", "-pk")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    answer = {"form": form, "page": page, "rows": [OperationPage(operation, person, now) for operation in page]}
    return render(request, "operations/list.html", answer)


@require_safe
@vary_on_headers("HX-Request")
def operation_detail(request: HttpRequest, pk: int) -> HttpResponseBase:
    operation = _visible(request, pk)
    if "HX-Request" not in request.headers:
        return _page(request, operation, ConfirmForm(operation), "operations/detail.html")
    if operation.status in (OperationStatus.PLANNED, OperationStatus.CONFIRMED):  # a form of one's own; a countdown
        return _page(request, operation, ConfirmForm(operation), "operations/_operation.html")
    this = _shown(request, operation)
    number = request.GET.get("page")
    return fragments.respond(
        request,
        lambda: render_to_string("operations/_operation.html", this.context(number), request),
        board=Board.of(this.user),
        query=f"{this.show} {number}",
        own=this.rights,
        told=operation.version,
        at=this.at,
    )


@require_POST
def operation_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    operation = _visible(request, pk)
    form = ConfirmForm(operation, request.POST)
    reason, typed = request.POST.get("reason", ""), request.POST.get("typed", "")
    try:
        operations.confirm(operation, actor=actor_of(request), reason=reason, typed=typed)
    except OperationRefused as exc:
        if operation.status != OperationStatus.PLANNED:  # a page from before: its form is not shown any more
            messages.error(request, str(exc))
            return redirect("operation_detail", pk)
        form.add_error(exc.field if exc.field in form.fields else None, str(exc))
        return _page(request, operation, form, "operations/detail.html", status=422)
    return redirect("operation_detail", pk)


@require_POST
def operation_approve(request: HttpRequest, pk: int) -> HttpResponse:
    return _press(request, pk, operations.approve)


@require_POST
def operation_discard(request: HttpRequest, pk: int) -> HttpResponse:
    return _press(request, pk, operations.discard)


@require_POST
def operation_undo(request: HttpRequest, pk: int) -> HttpResponse:
    return _press(request, pk, operations.undo)


@require_POST
def operation_stop(request: HttpRequest, pk: int) -> HttpResponse:
    return _press(request, pk, operations.stop)


@require_safe
def operation_receipt(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The receipt as a file: one line a job, also while the operation runs."""
    operation = _visible(request, pk)
    rows = ([row[name] for name in operations.RECEIPT] for row in operations.receipt_rows(operation))
    return csv_response(f"operation-{pk}.csv", operations.RECEIPT, rows)


def _visible(request: HttpRequest, pk: int) -> Operation:
    found = Operation.objects.visible_to(person_of(request)).select_related("approved_by", "policy")
    return get_object_or_404(found, pk=pk)


def _page(
    request: HttpRequest, operation: Operation, form: ConfirmForm, template: str, status: int = 200
) -> HttpResponse:
    answer = _shown(request, operation).context(request.GET.get("page")) | {"form": form}
    return render(request, template, answer, status=status)


def _shown(request: HttpRequest, operation: Operation) -> OperationPage:
    return OperationPage(operation, person_of(request), timezone.now(), request.GET.get("show", ""))


def _press(request: HttpRequest, pk: int, button: Callable[..., Operation]) -> HttpResponse:
    try:
        button(_visible(request, pk), actor=actor_of(request))
    except OperationRefused as exc:
        messages.error(request, str(exc))
    return redirect("operation_detail", pk)
