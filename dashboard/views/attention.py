"""What a person should look at: the list, one of it with its story, and what to do about it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from dashboard import fragments, times
from dashboard.access import actor_of, person_of
from dashboard.attention_page import Chosen, detail_context, list_context
from dashboard.board import Board
from dashboard.forms.attention import AssignForm, CommentForm, ResolveForm, SnoozeForm
from dashboard.views.jobs import Request, wants_fragment
from jobs import triage
from jobs.models import Attention

Say = Callable[[], None]


@require_safe
@vary_on_headers("HX-Request")
def attention_list(request: Request) -> HttpResponseBase:
    board, chosen, at = Board.of(request.user), Chosen.parse(request.GET), timezone.now()
    context = list_context(board, chosen, request.GET.get("page"), at)
    if not wants_fragment(request):
        return render(request, "attention/list.html", context)
    return fragments.respond(
        request,
        lambda: render_to_string("attention/_list.html", context),
        board=board,
        own=(board.user.pk,),
        version=(context["version"], context["views"]),
        query=f"{chosen.query()} {context['page'].number}",
        at=at,
    )


@require_safe
@vary_on_headers("HX-Request")
def attention_detail(request: Request, pk: int) -> HttpResponseBase:
    row = get_object_or_404(Attention.objects.visible_to(request.user), pk=pk)
    if wants_fragment(request):
        context = detail_context(Board.of(request.user), row, timezone.now())
        return HttpResponse(render_to_string("attention/_detail.html", context))
    return _page(request, row)


@require_POST
def attention_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    row = _acting_on(request, pk)
    triage.acknowledge(row, by=actor_of(request))
    return _back(request, row, "Noted that you have seen it.")


@require_POST
def attention_assign(request: HttpRequest, pk: int) -> HttpResponse:
    row = _acting_on(request, pk)
    form = AssignForm(request.POST, user=person_of(request), row=row)
    if not form.is_valid():
        return _page(request, row, status=422, assign_form=form)
    person = form.cleaned_data["person"]
    words = f"{person} looks after it." if person else "Nobody looks after it now."
    return _try(request, row, form, "assign_form", words, lambda: triage.assign(row, person, by=actor_of(request)))


@require_POST
def attention_comment(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = _acting_on(request, pk), CommentForm(request.POST)
    if not form.is_valid():
        return _page(request, row, status=422, comment_form=form)
    triage.comment(row, form.cleaned_data["text"], by=actor_of(request))
    return _back(request, row, "Comment added.")


@require_POST
def attention_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    row, form, by = _acting_on(request, pk), SnoozeForm(request.POST), actor_of(request)
    if not form.is_valid():
        return _page(request, row, status=422, snooze_form=form)
    until = form.until(by.at)
    words = f"Snoozed until {times.clock(until, '%Y-%m-%d %H:%M')}."
    return _try(request, row, form, "snooze_form", words, lambda: triage.snooze(row, until, by=by))


@require_POST
def attention_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = _acting_on(request, pk), ResolveForm(request.POST)
    if not form.is_valid():
        return _page(request, row, status=422, resolve_form=form)
    triage.resolve(row, by=actor_of(request), note=form.cleaned_data["note"])
    return _back(request, row, "Resolved. It opens again if something new of the kind happens.")


@require_POST
def attention_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    row = _acting_on(request, pk)
    triage.reopen(row, by=actor_of(request))
    return _back(request, row, "Open again.")


def _acting_on(request: HttpRequest, pk: int) -> Attention:
    """Whoever may not see it finds nothing (404), who may only see it is refused (403)."""
    person = person_of(request)
    row = get_object_or_404(Attention.objects.visible_to(person).select_related("operation"), pk=pk)
    if not triage.allowed(person, row):
        raise PermissionDenied
    return row


def _try(request: HttpRequest, row: Attention, form: forms.Form, name: str, words: str, act: Say) -> HttpResponse:
    try:
        act()
    except triage.TriageRefused as exc:
        form.add_error(None, str(exc))
        return _page(request, row, status=422, **{name: form})
    return _back(request, row, words)


def _page(request: HttpRequest, row: Attention, status: int = 200, **forms_sent: forms.Form) -> HttpResponse:
    person = person_of(request)
    context: dict[str, Any] = detail_context(Board.of(person), row, timezone.now())
    context["may_act"] = triage.allowed(person, row)
    if context["may_act"]:
        context |= {
            "assign_form": AssignForm(user=person, row=row),
            "comment_form": CommentForm(),
            "snooze_form": SnoozeForm(),
            "resolve_form": ResolveForm(),
        }
    return render(request, "attention/detail.html", context | forms_sent, status=status)


def _back(request: HttpRequest, row: Attention, words: str) -> HttpResponse:
    """To the page the button was on: the list as it was filtered, or the detail."""
    messages.success(request, words)
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(back if safe else "attention_detail", *([] if safe else [row.pk]))
