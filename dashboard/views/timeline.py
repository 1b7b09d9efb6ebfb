"""The timeline: jobs of many projects along one axis, and how long they waited and ran."""

from django.http import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from dashboard import fragments
from dashboard.board import Board
from dashboard.timeline.page import timeline_context, toolbar_context
from dashboard.timeline.shown import Shown

from .jobs import Request, wants_fragment


@require_safe
@vary_on_headers("HX-Request")
def timeline(request: Request) -> HttpResponseBase:
    at, zone = timezone.now(), timezone.get_current_timezone()
    board, shown = Board.of(request.user), Shown.parse(request.GET, at, zone)
    if not wants_fragment(request):
        context = timeline_context(board, shown, at, zone) | toolbar_context(board, shown, at)
        return render(request, "timeline/page.html", context)
    query = shown.query()
    answer = fragments.respond(
        request,
        lambda: render_to_string("timeline/_timeline.html", timeline_context(board, shown, at, zone)),
        board=board,
        own=shown.notes,
        query=query,
        at=at,
    )
    answer["HX-Push-Url"] = f"{request.path}?{query}" if query else request.path
    return answer
