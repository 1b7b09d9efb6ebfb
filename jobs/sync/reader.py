"""Reads a project's list page by page under its lease: empty pages, repeated tokens and expired ones included."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.conf import settings

from jobs.budget import BudgetUsedUp
from jobs.models import Project
from jobs.providers.base import EVERYTHING, Page, PageTokenExpired, Provider, RawJob, Scope, TransientError

RESTARTS = 2
MOST_PAGES = 20_000  # two million jobs
MOST_EMPTY = 200  # pages in a row; a filtered list has some
TURNS = 10  # waits of 30 s for one request, while operations use the budget too
Clock = Callable[[], datetime]
Answer = TypeVar("Answer")


class LeaseLost(Exception):
    """Another worker took the project over; nothing more may be written."""


@dataclass(slots=True)
class Reader:
    """Counts its ``requests``, keeps latencies and the last clock skew, and renews the lease as it goes."""

    project: Project
    provider: Provider
    token: UUID
    now: Clock
    page_size: int = 100
    requests: int = 0
    latencies: list[float] = field(default_factory=list)
    skew: float | None = None
    renewed_at: datetime | None = None

    def pages(self, scope: Scope = EVERYTHING) -> Iterator[Page]:
        """Every page; read anew from the first when a page token expires half-way."""
        for _ in range(RESTARTS):
            try:
                yield from self._pages_once(scope)
            except PageTokenExpired:
                continue
            return
        yield from self._pages_once(scope)

    def _pages_once(self, scope: Scope) -> Iterator[Page]:
        token, empty = "", 0
        used: set[str] = set()
        while len(used) < MOST_PAGES and empty < MOST_EMPTY:
            page = self._page(token, scope)
            yield page
            token, empty = page.next_token, 0 if page.jobs else empty + 1
            if not token:
                return
            if token in used:
                raise TransientError("The provider's list repeats itself; it is read again later.")
            used.add(token)
        raise TransientError("The provider's list does not end; it is read again later.")

    def _page(self, token: str, scope: Scope) -> Page:
        page = self._ask(partial(self.provider.list_page, token, scope, size=self.page_size))
        self.latencies.append(page.latency)
        self.skew = page.skew if page.skew is not None else self.skew
        return page

    def get(self, name: str) -> RawJob:
        return self._ask(partial(self.provider.get, name))

    def _ask(self, request: Callable[[], Answer]) -> Answer:
        """A list longer than a minute's budget waits for its turn, and keeps the lease meanwhile."""
        self.requests += 1
        self.renew()
        for _ in range(TURNS):
            try:
                return request()
            except BudgetUsedUp:
                self.hold()
        return request()

    def renew(self) -> None:
        """Extend the lease once a third of it has passed; raise LeaseLost when it is not ours any more."""
        lease = timedelta(seconds=settings.SYNC_LEASE_SECONDS)
        if self.renewed_at is None:
            self.renewed_at = self.now()
        if self.now() - self.renewed_at > lease / 3:
            self.hold()

    def hold(self, **fields: object) -> None:
        """Write ``fields`` to the project and extend the lease, if it is still ours; raise LeaseLost if not."""
        at = self.now()
        until = at + timedelta(seconds=settings.SYNC_LEASE_SECONDS)
        mine = Project.objects.held_by(self.token).filter(pk=self.project.pk)
        if mine.update(leased_until=until, **fields) != 1:
            raise LeaseLost(f"project {self.project.pk} is synced by another worker")
        self.renewed_at = at
