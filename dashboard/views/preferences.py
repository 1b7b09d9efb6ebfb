"""What a person chooses for their own eyes: columns, length of lists, time zone."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from dashboard.access import person_of
from dashboard.forms.preferences import ListForm, ZoneForm


@require_GET
def preferences(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    return _page(request, ListForm.of(person), ZoneForm(initial={"time_zone": person.time_zone}))


@require_POST
def preferences_list(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.POST)
    if not form.is_valid():
        return _page(request, form, ZoneForm(initial={"time_zone": person_of(request).time_zone}), status=422)
    form.save(person_of(request))
    return _kept(request)


@require_POST
def preferences_zone(request: HttpRequest) -> HttpResponse:
    form = ZoneForm(request.POST)
    if not form.is_valid():
        return _page(request, ListForm.of(person_of(request)), form, status=422)
    form.save(person_of(request))
    return _kept(request)


def _page(request: HttpRequest, lists: ListForm, zone: ZoneForm, status: int = 200) -> HttpResponse:
    return render(request, "preferences.html", {"list_form": lists, "zone_form": zone}, status=status)


def _kept(request: HttpRequest) -> HttpResponse:
    """Where the form was part of another page, that page comes anew."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRefresh()
    messages.success(request, "Your choice is kept.")
    return redirect("preferences")
