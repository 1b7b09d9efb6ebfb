"""Cleanup: from a group of jobs to a plan with one click."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access import person_of
from dashboard.board import Board
from dashboard.buttons import WATCHING
from dashboard.cleanup_page import cards
from dashboard.operation_page import OperationPage
from jobs.filters import JobFilter
from jobs.models import Operation

MOST_OPEN = 20


@require_safe
def cleanup(request: HttpRequest) -> HttpResponse:
    board, now = Board.of(person_of(request)), timezone.now()
    projects = JobFilter.parse(request.GET).projects
    chosen = tuple(pk for pk in projects if pk in board.projects)
    under_way = Operation.objects.visible_to(board.user).open().order_by("-planned_at", "-pk")[:MOST_OPEN]
    answer = {
        "board": board,
        "cards": cards(board, chosen, now),
        "projects": [(str(pk), name, pk in chosen) for pk, name in board.names.items()],
        "reason": WATCHING if board.projects and not board.operates else "",
        "rows": [OperationPage(operation, board.user, now) for operation in under_way],
    }
    return render(request, "cleanup/page.html", answer)
