"""People of this installation: superusers invite, edit, deactivate."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import actor_of, entered, opened_or_sent, superusers_only
from dashboard.accounts import set_password_path
from dashboard.forms.people import JoinForm, PersonForm
from jobs import people
from jobs.models import User
from jobs.people import PersonRefused

PAGE_SIZE = 50
LINK = "set_password_link"
Change = Callable[..., None]


@require_safe
@superusers_only
def person_list(request: HttpRequest) -> HttpResponse:
    search = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = _matching(search).prefetch_related("memberships__project")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "people/list.html", {"page": page, "search": search})


@opened_or_sent
@superusers_only
def person_add(request: HttpRequest) -> HttpResponse:
    form = PersonForm(*entered(request))
    if form.is_valid():
        people.add(form.instance, by=actor_of(request))
        return _hand_out_link(request, form.instance)
    return render(request, "people/form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_safe
@superusers_only
@never_cache
def person_detail(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    return render(request, "people/detail.html", _detail(request, person, JoinForm(person)))


@opened_or_sent
@superusers_only
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    form = PersonForm(*entered(request), instance=person)
    if form.is_valid():
        people.edit(person, form.changed_data, by=actor_of(request))
        messages.success(request, "Saved.")
        return redirect("person_detail", pk)
    answer = {"form": form, "person": User.objects.get(pk=pk)}
    return render(request, "people/form.html", answer, status=422 if form.is_bound else 200)


@require_POST
@superusers_only
def person_link(request: HttpRequest, pk: int) -> HttpResponse:
    return _hand_out_link(request, get_object_or_404(User, pk=pk, is_active=True))


@require_POST
@superusers_only
def person_join(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a person member of a project."""
    person = get_object_or_404(User, pk=pk)
    form = JoinForm(person, request.POST)
    if not form.is_valid():
        return render(request, "people/detail.html", _detail(request, person, form), status=422)
    people.grant(person, form.cleaned_data["project"], form.chosen(), by=actor_of(request))
    messages.success(request, f"{person} is now {form.chosen()} of {form.cleaned_data['project']}.")
    return redirect("person_detail", pk)


@require_POST
@superusers_only
def person_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    return _change(request, pk, people.deactivate, "{} is signed out everywhere and cannot sign in any more.")


@require_POST
@superusers_only
def person_reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    return _change(request, pk, people.reactivate, "{} can sign in again.")


@require_POST
@superusers_only
def person_promote(request: HttpRequest, pk: int) -> HttpResponse:
    return _change(request, pk, people.promote, "{} now sees and manages everything.")


@require_POST
@superusers_only
def person_demote(request: HttpRequest, pk: int) -> HttpResponse:
    return _change(request, pk, people.demote, "{} is no longer superuser; memberships stay.")


def _matching(search: str) -> QuerySet[User]:
    everybody = User.objects.order_by("-is_active", "username")
    if not search:
        return everybody
    fields = ("username", "first_name", "last_name", "email")
    terms = [Q(**{f"{field}__icontains": search}) for field in fields]
    return everybody.filter(terms[0] | terms[1] | terms[2] | terms[3])


def _detail(request: HttpRequest, person: User, form: JoinForm) -> dict[str, object]:
    """The page of one person; a fresh set-password link is taken out of the session and so shown once."""
    link = request.session.pop(LINK, None)
    return {
        "person": person,
        "form": form,
        "memberships": person.memberships.filter(project__removed_at=None).select_related("project"),
        "link": request.build_absolute_uri(link[1]) if link and link[0] == person.pk else "",
    }


def _hand_out_link(request: HttpRequest, person: User) -> HttpResponse:
    people.note_link(person, by=actor_of(request))
    request.session[LINK] = [person.pk, set_password_path(person)]
    return redirect("person_detail", person.pk)


def _change(request: HttpRequest, pk: int, change: Change, done: str) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    try:
        change(person, by=actor_of(request))
        messages.success(request, done.format(person))
    except PersonRefused as exc:
        messages.error(request, str(exc))
    return redirect("person_detail", pk)
