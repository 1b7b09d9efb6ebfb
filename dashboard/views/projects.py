"""Projects: the list with health, one project's page, and its buttons."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from dashboard.access import actor_of, get_project_or_404, person_of
from dashboard.forms.projects import KINDS, environment_key
from dashboard.forms.switches import MODES, ROLES
from dashboard.project_health import Line, is_skewed, lines_of
from jobs import projects
from jobs.models import ArchiveMode, AuditEntry, Project, Role, User
from jobs.projects import Actor
from jobs.providers import PROVIDERS
from jobs.results.long_values import size_words
from jobs.results.standing import quota_words, standing_of

from .jobs import Request, wants_fragment

VIEWS = {"trouble": ("warn", "bad"), "paused": ("paused",)}
RECENT = 12
PAGE_SIZE = 100
Button = Callable[..., None]


@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    lines = lines_of(Project.objects.visible_to(person_of(request)), now)
    chosen = request.GET.get("health", "")
    search = request.GET.get("q", "").strip()
    fitting = [line for line in lines if _fits(line, chosen, search)]
    answer = {
        "page": Paginator(fitting, PAGE_SIZE).get_page(request.GET.get("page")),
        "now": now,
        "all": len(lines),
        "trouble": sum(_fits(line, "trouble", "") for line in lines),
        "paused": sum(_fits(line, "paused", "") for line in lines),
        "chosen": chosen,
        "search": search,
        "environment_key": environment_key(person_of(request)),
    }
    return render(request, "projects/list.html", answer)


@require_safe
@vary_on_headers("HX-Request")
def project_detail(request: Request, pk: int) -> HttpResponse:
    person = person_of(request)
    project = get_project_or_404(person, pk)
    live = _live(project, person)
    if wants_fragment(request):
        return render(request, "projects/_live.html", live)
    return render(request, "projects/detail.html", live | _still(project, person, manages=live["manages"]))


def _live(project: Project, person: User) -> dict[str, Any]:
    """What the page fetches again and again."""
    now = timezone.now()
    [line] = lines_of([project], now)
    return {
        "now": now,
        "project": project,
        "health": line.health,
        "tally": line.tally,
        "skewed": is_skewed(project),
        "double": Project.objects.visible_to(person).filter(pk=project.same_account_as_id or 0).first(),
        "manages": project.allows(person, Role.ADMIN),
    }


def _still(project: Project, person: User, *, manages: bool) -> dict[str, Any]:
    standing = standing_of(project)
    return {
        "kind": PROVIDERS.get(project.provider),
        "credential_label": KINDS.get(project.credential_kind, "none").partition(":")[0],
        "operates": project.allows(person, Role.OPERATOR),
        "standing": standing,
        "stored": size_words(standing.stored),
        "quota": quota_words(),
        "switches": {"mode": MODES[ArchiveMode(project.archive_mode)], "role": ROLES[Role(project.results_role)]},
        "entries": AuditEntry.objects.filter(project=project)[:RECENT] if manages else [],
    }


@require_POST
def project_sync(request: HttpRequest, pk: int) -> HttpResponse:
    return _press(request, pk, projects.sync_now, "A full sync of {} runs within seconds.", role=Role.OPERATOR)


@require_POST
def project_pause(request: HttpRequest, pk: int) -> HttpResponse:
    return _press(request, pk, projects.pause, "{} is paused: it is not polled until resumed.")


@require_POST
def project_resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _press(request, pk, projects.resume, "{} is polled again.")


@require_POST
def project_release(request: HttpRequest, pk: int) -> HttpResponse:
    return _press(request, pk, projects.release_brake, "Confirmed: the next full sync of {} goes ahead.")


def _press(request: HttpRequest, pk: int, button: Button, done: str, *, role: Role = Role.ADMIN) -> HttpResponse:
    project = get_project_or_404(person_of(request), pk, role)
    actor: Actor = actor_of(request)
    button(project, by=actor)
    messages.success(request, done.format(project))
    return redirect("project_detail", pk)


def _fits(line: Line, chosen: str, search: str) -> bool:
    project, needle = line.project, search.casefold()
    if chosen in VIEWS and line.health.level not in VIEWS[chosen]:
        return False
    return needle in f"{project.name} {project.cloud_project} {project.location}".casefold()
