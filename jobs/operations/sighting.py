"""Seeing what became of jobs: by the provider's list where that takes fewer requests than a GET each (DESIGN 6.4)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from jobs.actions import is_live
from jobs.models import Project
from jobs.providers.base import GoneError, Provider, ProviderError, ProviderKind, RawJob

from .calls import Answer, Call

GET_AT_LEAST = 3  # for so few a list is never worth it


@dataclass(frozen=True, slots=True)
class Listed:
    """The wanted jobs that a whole list held, by name; the others are not there any more."""

    jobs: dict[str, RawJob]


def pages_to(project: Project, oldest: datetime, wanted: int, kind: ProviderKind) -> int:
    """About how many pages a list takes to tell of ``wanted`` jobs since ``oldest`` that are probably gone."""
    listed = project.jobs.listed()
    listed = listed.filter(by_created__gte=oldest) if kind.capabilities.newest_first else listed
    return max(listed.count() - wanted, 0) // kind.page_size + 1


def walk(
    provider: Provider,
    kind: ProviderKind,
    names: Collection[str],
    oldest: datetime,
    look: Callable[[], None],
    most: int,
) -> Listed | None:
    """Read at most ``most`` pages; None when they tell nothing for sure: too many, odd, or trouble on the way."""
    found, token, used = dict[str, RawJob](), "", set[str]()
    for _ in range(most):
        try:
            page = provider.list_page(token, size=kind.page_size)
        except ProviderError:
            return None
        look()
        found |= {job.name: job for job in page.jobs if job.name in names}
        if not page.next_token or (kind.capabilities.newest_first and _is_before(page.jobs, kind, oldest)):
            return Listed(found)
        if page.next_token in used:
            return None
        used.add(page.next_token)
        token = page.next_token
    return None


def _is_before(jobs: list[RawJob], kind: ProviderKind, oldest: datetime) -> bool:
    """Whether a newest-first page ends with a job older than all that are looked for."""
    created = kind.parse_job(jobs[-1].body).created_at if jobs else None
    return created is not None and created < oldest


def told(listed: Listed, call: Call, kind: ProviderKind, *, deleting: bool) -> Answer | None:
    """Of a job to be deleted a list tells all; of one to be cancelled only that it still lives."""
    job = listed.jobs.get(call.name)
    if deleting:
        return Answer(call) if job else Answer(call, error=GoneError("The provider does not list it any more."))
    return Answer(call) if job and is_live(kind.parse_job(job.body).reported) else None
