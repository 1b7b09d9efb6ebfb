"""Policies: cleanup on a schedule, rehearsed before it is switched on."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import actor_of, opened_or_sent, person_of
from dashboard.board import Board
from dashboard.forms.policies import PolicyForm, handed_over, values_of
from dashboard.operation_page import OperationPage
from dashboard.policy_page import PolicyLine
from jobs import policies
from jobs.models import Policy, SavedView, User
from jobs.policies import PolicyRefused
from jobs.saved_views import MOST_VIEWS


@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    board = Board.of(person)
    lines = [PolicyLine(policy, person, board.names, timezone.now()) for policy in policies.visible_to(person)]
    return render(request, "policies/list.html", {"lines": lines, "operates": board.operates})


@require_safe
def policy_detail(request: HttpRequest, pk: int) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    line = PolicyLine(_visible(person, pk), person, Board.of(person).names, now)
    rows = [OperationPage(operation, person, now) for operation in line.runs]
    return render(request, "policies/detail.html", {"line": line, "policy": line.policy, "rows": rows})


@opened_or_sent
def policy_add(request: HttpRequest) -> HttpResponse:
    if not Board.of(person_of(request)).operates:
        raise PermissionDenied
    form = PolicyForm(request.POST) if request.method == "POST" else PolicyForm(initial=handed_over(request.GET))
    return _form(request, form, None)


@opened_or_sent
def policy_edit(request: HttpRequest, pk: int) -> HttpResponse:
    policy = _visible(person_of(request), pk)
    if not policies.may_manage(policy, person_of(request)):
        raise PermissionDenied
    form = PolicyForm(request.POST) if request.method == "POST" else PolicyForm(initial=values_of(policy))
    return _form(request, form, policy)


@require_POST
def policy_rehearse(request: HttpRequest, pk: int) -> HttpResponse:
    return _press(request, pk, policies.rehearse, "Rehearsed: nothing was done, and this is what it would do.")


@require_POST
def policy_enable(request: HttpRequest, pk: int) -> HttpResponse:
    return _press(request, pk, policies.enable, "Switched on.")


@require_POST
def policy_disable(request: HttpRequest, pk: int) -> HttpResponse:
    return _press(request, pk, policies.disable, "Switched off.")


@require_POST
def policy_remove(request: HttpRequest, pk: int) -> HttpResponse:
    answer = _press(request, pk, policies.remove, "Removed. The receipts of its runs stay.")
    return redirect("policy_list") if not Policy.objects.filter(pk=pk).exists() else answer


def _form(request: HttpRequest, form: PolicyForm, policy: Policy | None) -> HttpResponse:
    """Show the form, or save what was sent with it."""
    if form.is_bound and form.is_valid():
        actor = actor_of(request)
        try:
            draft = form.draft()
            made = policies.edit(policy, draft, actor=actor) if policy else policies.add(draft, actor=actor)
            return redirect("policy_detail", made.pk)
        except PolicyRefused as exc:
            form.add_error(exc.field if exc.field in form.fields else None, str(exc))
    views = SavedView.objects.visible_to(person_of(request))[:MOST_VIEWS]
    answer = {
        "form": form,
        "policy": policy,
        "views": [(view.name, urlencode({"filter": view.query})) for view in views],
    }
    return render(request, "policies/form.html", answer, status=422 if form.is_bound else 200)


def _visible(person: User, pk: int) -> Policy:
    found = next((policy for policy in policies.visible_to(person) if policy.pk == pk), None)
    if found is None:
        raise Http404
    return found


def _press(request: HttpRequest, pk: int, button: Callable[..., object], done: str) -> HttpResponse:
    try:
        button(_visible(person_of(request), pk), actor=actor_of(request))
        messages.success(request, done)
    except PolicyRefused as exc:
        messages.error(request, str(exc))
    return redirect("policy_detail", pk)
