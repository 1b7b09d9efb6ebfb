"""Who may reach a page: strangers find nothing (404), members without the role are refused (403)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods

from jobs.models import Project, Role, User
from jobs.projects import Actor

View = Callable[..., HttpResponse]

# For a page with a form
opened_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def person_of(request: HttpRequest) -> User:
    """Who is signed in; LoginRequiredMiddleware has turned everybody else away."""
    assert isinstance(request.user, User)
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    """Who acts, when and from where, for the audit."""
    return Actor(person_of(request), timezone.now(), get_adapter().get_client_ip(request))


def get_project_or_404(user: User, pk: int, role: Role = Role.VIEWER) -> Project:
    """The project ``pk``, if ``user`` may see it (else Http404) and has ``role`` in it (else PermissionDenied)."""
    project = Project.objects.visible_to(user).filter(pk=pk).first()
    if project is None:
        raise Http404
    if not project.allows(user, role):
        raise PermissionDenied
    return project


def refuse_unless(allowed: bool) -> None:
    """For those who may see a thing but not change it: raise PermissionDenied."""
    if not allowed:
        raise PermissionDenied


def entered(request: HttpRequest) -> tuple[QueryDict | None, "MultiValueDict[str, UploadedFile[Any]] | None"]:
    """Data and files for a form: as sent, be it nothing at all; none for a page that was only opened."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def superusers_only(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not person_of(request).is_superuser:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
