"""What a person chooses for their own eyes: columns, length of lists, time zone, keys."""

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dashboard.access import person_of
from dashboard.forms.preferences import KeysForm, ListForm, ZoneForm

FORMS: dict[str, type[ListForm | ZoneForm | KeysForm]] = {"list": ListForm, "zone": ZoneForm, "keys": KeysForm}


@require_safe
def preferences(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
def preferences_list(request: HttpRequest) -> HttpResponse:
    return _keep(request, "list")


@require_POST
def preferences_zone(request: HttpRequest) -> HttpResponse:
    return _keep(request, "zone")


@require_POST
def preferences_keys(request: HttpRequest) -> HttpResponse:
    return _keep(request, "keys")


def _keep(request: HttpRequest, name: str) -> HttpResponse:
    form = FORMS[name](request.POST)
    if not form.is_valid():
        return _page(request, status=422, **{f"{name}_form": form})
    form.save(person_of(request))
    return _kept(request)


def _page(request: HttpRequest, status: int = 200, **forms: Form) -> HttpResponse:
    person = person_of(request)
    kept: dict[str, Form] = {
        "list_form": ListForm.of(person),
        "zone_form": ZoneForm(initial={"time_zone": person.time_zone}),
        "keys_form": KeysForm(initial={"single_keys": person.single_keys}),
    }
    return render(request, "preferences.html", kept | forms, status=status)


def _kept(request: HttpRequest) -> HttpResponse:
    """Where the form was part of another page, that page comes anew."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRefresh()
    messages.success(request, "Your choice is kept.")
    return redirect("preferences")
