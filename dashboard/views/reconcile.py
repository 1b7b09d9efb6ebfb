"""Reconcile: where the board and the providers drifted apart, and one action a group that sets it right."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import actor_of, person_of
from dashboard.board import Board
from dashboard.buttons import WATCHING
from dashboard.rows import UNLISTED, JobRow
from jobs import operations, reconcile
from jobs.filters import JobFilter
from jobs.models import Action
from jobs.operations import OperationRefused
from jobs.operations.words import VERBS
from jobs.states import ACTIVE, State
from jobs.wording import many

PAGE_SIZE = 100
LIVE = JobFilter(states=tuple(state for state in State if state in ACTIVE))


@dataclass(frozen=True, slots=True)
class SlotLine:
    """Live jobs of a project, how much of the bar they fill, and the list's filter that shows them."""

    slots: reconcile.Slots

    @property
    def width(self) -> str:
        return f"{150 * min(self.slots.share, 1):.1f}"

    @property
    def query(self) -> str:
        return LIVE.but(projects=(self.slots.project.pk,)).query()


@require_safe
def reconcile_page(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    groups = [(group, _button(group.action, group.jobs)) for group in reconcile.drift(person, timezone.now())]
    slots = [SlotLine(one) for one in reconcile.slots(person)]
    reason = "" if Board.of(person).operates else WATCHING
    return render(request, "reconcile/page.html", {"groups": groups, "slots": slots, "reason": reason})


@require_safe
def reconcile_group(request: HttpRequest, key: str) -> HttpResponse:
    """Exactly the jobs that the group's plan would begin with."""
    board, at = Board.of(person_of(request)), timezone.now()
    if key not in reconcile.RULES:
        raise Http404
    jobs = reconcile.jobs_of(key, board.user, at).defer(*UNLISTED)
    page = Paginator(jobs, PAGE_SIZE).get_page(request.GET.get("page"))
    rule = reconcile.RULES[key]
    answer = {
        "key": key,
        "rule": rule,
        "button": _button(rule.action, page.paginator.count),
        "page": page,
        "rows": [JobRow(job, at=at, origin=board.origin(job)) for job in page],
        "reason": "" if board.operates else WATCHING,
    }
    return render(request, "reconcile/group.html", answer)


def _button(action: Action, jobs: int) -> str:
    return f"{VERBS[action]} {many(jobs, 'job')}…"


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
