"""Who may download what: the session's person, jobs whose results they may open; and each download is written down."""

from collections.abc import Sequence
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.http import urlencode

from jobs import audit
from jobs.models import BatchJob, User
from jobs.results.access import may_open_results


class Refused(Exception):
    """An answer of one sentence instead of a file."""

    def __init__(self, status: int, words: str, **headers: str) -> None:
        super().__init__(words)
        self.status, self.headers = status, headers


def person_of(request: HttpRequest) -> User:
    """Raise Refused: 302 to where one signs in."""
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active:
        back = urlencode({"next": request.get_full_path()})
        raise Refused(302, "Sign in to download.", location=f"{resolve_url('account_login')}?{back}")
    return user


def jobs_for(user: User, ids: Sequence[int]) -> list[BatchJob]:
    """These jobs, in this order; raise Refused: 404 where one does not exist for ``user``, 403 without the role."""
    found = BatchJob.objects.visible_to(user).select_related("project").in_bulk(ids)
    if not ids or len(found) != len(set(ids)):
        raise Refused(404, "There is no such job.")
    jobs = [found[pk] for pk in dict.fromkeys(ids)]
    if not all(may_open_results(user, project) for project in {job.project_id: job.project for job in jobs}.values()):
        raise Refused(403, "Your role in this project does not let you open results: ask one of its admins.")
    return jobs


def write_down(request: HttpRequest, user: User, jobs: Sequence[BatchJob], **detail: Any) -> None:
    """One entry a job."""
    address = get_adapter().get_client_ip(request)
    for job in jobs:
        audit.record("download results", job, by=user, at=timezone.now(), address=address, detail=detail)
