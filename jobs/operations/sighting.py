"""Seeing what became of jobs: by the provider's list where that takes fewer requests than a GET each (DESIGN 6.4)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from jobs.actions import is_live
from jobs.models import Project
from jobs.providers.base import GoneError, Provider, ProviderError, ProviderKind, RawJob

from .calls import Answer, Call

GET_AT_LEAST = 3  # for so few a list is never worth it


@dataclass(frozen=True, slots=True)
class Listed:
    """The wanted jobs that a whole list held, by name; the others are not there any more."""

    jobs: dict[str, RawJob]


def pages_of(project: Project, wanted: int, kind: ProviderKind) -> int:
    """About how many pages the whole list has once ``wanted`` jobs are gone from it."""
    return max(project.jobs.listed().count() - wanted, 0) // kind.page_size + 1


def walk(
    provider: Provider, kind: ProviderKind, names: Collection[str], look: Callable[[], None], most: int
) -> Listed | None:
    """Read at most ``most`` pages; None when they tell nothing for sure: too many, odd, or trouble on the way.

    Only a whole list tells that a job is gone: no order of it is promised.
    """
    found, token, used = dict[str, RawJob](), "", set[str]()
    for _ in range(most):
        try:
            page = provider.list_page(token, size=kind.page_size)
        except ProviderError:
            return None
        look()
        found |= {job.name: job for job in page.jobs if job.name in names}
        token = page.next_token
        if not token:
            return Listed(found)
        if token in used:
            return None
        used.add(token)
    return None


def told(listed: Listed, call: Call, kind: ProviderKind, *, deleting: bool) -> Answer | None:
    """Of a job to be deleted a list tells all; of one to be cancelled only that it still lives."""
    job = listed.jobs.get(call.name)
    if deleting:
        return Answer(call) if job else Answer(call, error=GoneError("The provider does not list it any more."))
    return Answer(call) if job and is_live(kind.parse_job(job.body).reported) else None
