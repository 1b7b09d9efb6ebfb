"""Saved views: named filters, personal or shared with a project's members."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import actor_of, entered, opened_or_sent, person_of, refuse_unless
from dashboard.board import Board
from dashboard.forms.saved_views import NameForm, ViewForm, canonical
from jobs import saved_views
from jobs.filters import JobFilter
from jobs.models import SavedView


@dataclass(frozen=True, slots=True)
class Entry:
    """A view as the page lists it, with what it shows in words."""

    view: SavedView
    words: str
    changeable: bool


@require_safe
def view_list(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    names = Board.of(person).names
    changeable = set(SavedView.objects.changeable_by(person).values_list("pk", flat=True))
    views = SavedView.objects.visible_to(person).select_related("owner", "shared_with")
    entries = [Entry(view, describe(view.query, names), view.pk in changeable) for view in views]
    return render(request, "views/list.html", {"entries": entries})


@opened_or_sent
def view_add(request: HttpRequest) -> HttpResponse:
    person, (data, _) = person_of(request), entered(request)
    form = ViewForm(person, data, initial={"query": canonical(request.GET)})
    if data is not None and form.is_valid():
        given = form.cleaned_data
        try:
            saved_views.save(given["name"], given["query"], shared_with=given["shared_with"], by=actor_of(request))
        except saved_views.ViewRefused as exc:
            form.add_error("name", str(exc))
        else:
            messages.success(request, f"“{given['name']}” is among your views.")
            return redirect(f"{reverse('job_list')}?{given['query']}")
    query = form["query"].value() or ""
    words = describe(query, Board.of(person).names)
    answer = {"form": form, "words": words, "back": f"{reverse('job_list')}?{canonical(QueryDict(query))}"}
    return render(request, "views/add.html", answer, status=422 if data is not None else 200)


@opened_or_sent
def view_edit(request: HttpRequest, pk: int) -> HttpResponse:
    view, (data, _) = _changeable(request, pk), entered(request)
    form = NameForm(data, initial={"name": view.name})
    if data is not None and form.is_valid():
        try:
            saved_views.rename(view, form.cleaned_data["name"], by=actor_of(request))
        except saved_views.ViewRefused as exc:
            form.add_error("name", str(exc))
        else:
            return redirect("view_list")
    return render(request, "views/edit.html", {"form": form, "view": view}, status=422 if data is not None else 200)


@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    view = _changeable(request, pk)
    saved_views.delete(view, by=actor_of(request))
    messages.success(request, f"The view “{view}” is deleted; no job is.")
    return redirect("view_list")


def describe(query: str, names: dict[int, str]) -> str:
    return JobFilter.parse(QueryDict(query)).describe(names)


def _changeable(request: HttpRequest, pk: int) -> SavedView:
    """The view, if the person sees it (else 404) and may change it (else 403)."""
    person = person_of(request)
    view = get_object_or_404(SavedView.objects.visible_to(person), pk=pk)
    refuse_unless(SavedView.objects.changeable_by(person).contains(view))
    return view
