"""Adding, checking, editing, rotating and removing projects: the pages with a form."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dashboard.access import actor_of, entered, get_project_or_404, opened_or_sent, person_of, superusers_only
from dashboard.forms.projects import (
    CredentialForm,
    PlaceForm,
    RemoveForm,
    complain,
    environment_key,
    first_complaint,
    place_values,
)
from dashboard.forms.switches import SwitchesForm
from jobs import projects
from jobs.models import Project, Role, User
from jobs.projects import Check, Draft, ProjectRefused, draft_of
from jobs.providers import PROVIDERS
from jobs.switches import set_switches, switches_of
from jobs.vault import CredentialUnreadable

ENVIRONMENT_NAME = "Gemini API"


@opened_or_sent
@superusers_only
def project_add(request: HttpRequest) -> HttpResponse:
    place, access = _entered(request)
    if place.is_bound and place.is_valid() and access.is_valid():
        try:
            project = projects.add(place.draft(), access.credential(), by=actor_of(request))
            return _added(request, project)
        except ProjectRefused as exc:
            complain(exc, place, access)
    answer = _page(place, access) | {"environment_key": environment_key(person_of(request)), "providers": PROVIDERS}
    return render(request, "projects/add.html", answer, status=422 if place.is_bound else 200)


@require_POST
@superusers_only
def project_add_environment(request: HttpRequest) -> HttpResponse:
    """Add the server's GEMINI_API_KEY as a project; its name can be changed afterwards."""
    key = environment_key(person_of(request))
    if key is None:
        messages.info(request, "A project on the board uses this key already.")
        return redirect("project_list")
    try:
        return _added(request, projects.add(Draft(ENVIRONMENT_NAME, "gemini"), key, by=actor_of(request)))
    except ProjectRefused as exc:
        messages.error(request, str(exc))
        return redirect("project_add")


@require_POST
@superusers_only
def project_check(request: HttpRequest) -> HttpResponse:
    """Test connection, before anything is stored: one sentence as a fragment."""
    place, access = _entered(request)
    place_fits, access_fits = place.is_valid(), access.is_valid()
    if not (place_fits and access_fits):
        return _sentence(request, Check(False, first_complaint(place, access)), status=422)
    return _sentence(request, projects.check(place.draft(), access.credential()))


@require_POST
def project_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Test connection with what is stored."""
    project = get_project_or_404(person_of(request), pk, Role.ADMIN)
    try:
        # Hosts were allowed when the project was added: here by the form, or on the command line by the owner.
        found = projects.check(draft_of(project), project.open_credential(), any_host=True)
    except CredentialUnreadable as exc:
        found = Check(False, str(exc))
    return _sentence(request, found)


@opened_or_sent
def project_edit(request: HttpRequest, pk: int) -> HttpResponse:
    project = get_project_or_404(person_of(request), pk, Role.ADMIN)
    form = PlaceForm(project.provider, *entered(request), initial=place_values(draft_of(project)))
    _keep_lent_identity(form, project, person_of(request))
    if form.is_bound and form.is_valid():
        try:
            projects.edit(project, form.draft(draft_of(project)), by=actor_of(request))
            messages.success(request, "Saved.")
            return redirect("project_detail", pk)
        except (ProjectRefused, CredentialUnreadable) as exc:
            complain(exc if isinstance(exc, ProjectRefused) else ProjectRefused(str(exc)), form)
            project.refresh_from_db()
    return render(request, "projects/edit.html", {"project": project, "form": form}, status=_status(form))


@opened_or_sent
def project_rotate(request: HttpRequest, pk: int) -> HttpResponse:
    project = get_project_or_404(person_of(request), pk, Role.ADMIN)
    form = CredentialForm(project.provider, person_of(request), *entered(request))
    if form.is_bound and form.is_valid():
        try:
            projects.rotate(project, form.credential(), by=actor_of(request))
            messages.success(request, f"{project} uses the new credential; a sync runs within seconds.")
            return redirect("project_detail", pk)
        except ProjectRefused as exc:
            complain(exc, form)
    return render(request, "projects/rotate.html", {"project": project, "access": form}, status=_status(form))


@opened_or_sent
def project_switches(request: HttpRequest, pk: int) -> HttpResponse:
    project = get_project_or_404(person_of(request), pk, Role.ADMIN)
    form = SwitchesForm(*entered(request), initial=asdict(switches_of(project)))
    if form.is_bound and form.is_valid():
        set_switches(project, form.chosen(), by=actor_of(request))
        messages.success(request, "Saved.")
        return redirect("project_detail", pk)
    return render(request, "projects/switches.html", {"project": project, "form": form}, status=_status(form))


@opened_or_sent
def project_remove(request: HttpRequest, pk: int) -> HttpResponse:
    project = get_project_or_404(person_of(request), pk, Role.ADMIN)
    form = RemoveForm(project, *entered(request))
    if form.is_bound and form.is_valid():
        projects.remove(project, by=actor_of(request))
        messages.success(request, f"{project} is off the board. Nothing changed at the provider.")
        return redirect("project_list")
    answer = {"project": project, "form": form, "jobs": project.jobs.count()}
    return render(request, "projects/remove.html", answer, status=_status(form))


def _entered(request: HttpRequest) -> tuple[PlaceForm, CredentialForm]:
    """Both forms of the add page, for the provider the URL or the form names."""
    named = request.POST.get("provider") or request.GET.get("provider", "")
    provider = named if named in PROVIDERS else next(iter(PROVIDERS))
    sent = entered(request)
    return PlaceForm(provider, *sent), CredentialForm(provider, person_of(request), *sent)


def _page(place: PlaceForm, access: CredentialForm) -> dict[str, Any]:
    return {"place": place, "access": access, "provider": place.provider, "kind": PROVIDERS[place.provider]}


def _keep_lent_identity(form: PlaceForm, project: Project, person: User) -> None:
    """The server's own identity is a superuser's to lend: others may not point it elsewhere."""
    if project.credential_kind == "adc" and not person.is_superuser:
        for name in form.fields.keys() - {"name"}:
            form.fields[name].disabled = True


def _added(request: HttpRequest, project: Project) -> HttpResponse:
    messages.success(request, f"{project} is on the board; its first sync runs within seconds.")
    return redirect("project_detail", project.pk)


def _sentence(request: HttpRequest, found: Check, status: int = 200) -> HttpResponse:
    return render(request, "projects/_check.html", {"found": found}, status=status)


def _status(form: Form) -> int:
    return 422 if form.is_bound else 200
