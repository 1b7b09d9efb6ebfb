"""Reconcile: where the board and the providers drifted apart, and one action a group that sets it right."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.access import actor_of, person_of
from dashboard.board import Board
from dashboard.buttons import WATCHING
from jobs import operations, reconcile
from jobs.operations import OperationRefused
from jobs.operations.words import VERBS


@require_GET
def reconcile_page(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    groups = [(group, f"{VERBS[group.action]} {group.jobs:,}…") for group in reconcile.drift(person, timezone.now())]
    slots = [(one, f"{150 * min(one.share, 1):.1f}") for one in reconcile.slots(person)]
    reason = "" if Board.of(person).operates else WATCHING
    return render(request, "reconcile/page.html", {"groups": groups, "slots": slots, "reason": reason})


@require_POST
def reconcile_plan(request: HttpRequest, key: str) -> HttpResponse:
    """Plan what sets one group right; nothing is asked of a provider yet."""
    actor = actor_of(request)
    if key not in reconcile.RULES:
        raise Http404
    selection, action = reconcile.select(key, actor.user, actor.at)
    try:
        return redirect("operation_detail", operations.plan(selection, action, actor=actor).pk)
    except OperationRefused as exc:
        messages.error(request, str(exc))
        return redirect("reconcile")
