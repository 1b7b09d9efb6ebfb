"""Members of one project: its admins decide who sees and does what."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import actor_of, get_project_or_404, person_of
from dashboard.forms.people import MemberForm, RoleForm
from jobs import people
from jobs.models import Project, Role, User


@require_safe
def member_list(request: HttpRequest, pk: int) -> HttpResponse:
    project = get_project_or_404(person_of(request), pk, Role.ADMIN)
    return _page(request, project, MemberForm(initial={"role": Role.VIEWER}))


@require_POST
def member_add(request: HttpRequest, pk: int) -> HttpResponse:
    project = get_project_or_404(person_of(request), pk, Role.ADMIN)
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _page(request, project, form, status=422)
    people.grant(form.cleaned_data["person"], project, form.chosen(), by=actor_of(request))
    messages.success(request, f"{form.cleaned_data['person']} is now {form.chosen()} of {project}.")
    return redirect("member_list", pk)


@require_POST
def member_role(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    project = get_project_or_404(person_of(request), pk, Role.ADMIN)
    member = get_object_or_404(project.memberships.select_related("user"), pk=member_pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, project, MemberForm(), status=422)
    people.grant(member.user, project, form.chosen(), by=actor_of(request))
    messages.success(request, f"{member.user} is now {form.chosen()} of {project}.")
    return _back(request, project)


@require_POST
def member_remove(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    project = get_project_or_404(person_of(request), pk, Role.ADMIN)
    member = get_object_or_404(project.memberships.select_related("user"), pk=member_pk)
    people.revoke(member, by=actor_of(request))
    messages.success(request, f"{member.user} is no longer a member of {project}.")
    return _back(request, project)


def _page(request: HttpRequest, project: Project, form: MemberForm, status: int = 200) -> HttpResponse:
    members = project.memberships.select_related("user").order_by("user__username")
    answer = {
        "project": project,
        "members": members,
        "form": form,
        "roles": [role.value for role in Role],
        "people": _suggestions(request),
    }
    return render(request, "members/list.html", answer, status=status)


def _suggestions(request: HttpRequest) -> list[str]:
    """User names to choose from; only a superuser may know them all."""
    if not person_of(request).is_superuser:
        return []
    return list(User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True)[:500])


def _back(request: HttpRequest, project: Project) -> HttpResponse:
    """To the members, unless the person just gave up managing them."""
    may = project.allows(person_of(request), Role.ADMIN)
    return redirect("member_list", project.pk) if may else redirect("project_list")
