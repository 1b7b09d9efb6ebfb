"""Calls to a provider from many threads: no database here, and nothing is sent once the run lost its lease."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from jobs.budget import BudgetUsedUp
from jobs.providers.base import DeleteTicket, Provider, ProviderError, RawJob

MOST = 32  # threads of a run: more would only wait for each other
SPARE = 2  # requests in flight that are left to syncs and archives
LOOK_EVERY = 0.5  # seconds, at which a run that waits for answers renews its lease and sees a stop


class Kind(StrEnum):
    READ = "read"
    CANCEL = "cancel"
    DELETE = "delete"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class Call:
    """``item`` is the id of the item it is for, ``name`` the provider's name of its job."""

    item: int
    kind: Kind
    name: str
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``sent`` False: the provider was not asked. ``over``: a polled delete has ended."""

    call: Call
    job: RawJob | None = None
    ticket: str = ""
    over: bool = False
    error: ProviderError | None = None
    sent: bool = True


class Brake:
    """Whether the next call may be sent: for as long as the lease holds, nobody stopped, and the provider lets us."""

    def __init__(self) -> None:
        self.lease_ends = self.rest_ends = 0.0
        self.stopped = False

    def renewed(self, seconds: float) -> None:
        """The lease was just extended by ``seconds``; the last tenth of it is left for the answer to be written."""
        self.lease_ends = time.monotonic() + 0.9 * seconds

    def rest(self, seconds: float) -> None:
        self.rest_ends = max(self.rest_ends, time.monotonic() + seconds)

    @property
    def lets(self) -> bool:
        now = time.monotonic()
        return not self.stopped and self.rest_ends <= now < self.lease_ends


def threads() -> int:
    """As many as the project's budget lets in flight, less what syncs need."""
    most: int = settings.PROJECT_REQUESTS_IN_FLIGHT
    return min(most - SPARE, MOST) if most > 4 * SPARE else max(most // 2, 1)


def make(
    provider: Provider, calls: Sequence[Call], pool: Executor, brake: Brake, look: Callable[[], None]
) -> list[Answer]:
    """All answers; ``look`` is called again and again meanwhile, in this thread."""
    waiting: set[Future[Answer]] = {pool.submit(_make, provider, call, brake) for call in calls}
    answers = []
    while waiting:
        done, waiting = wait(waiting, timeout=LOOK_EVERY)
        answers += [future.result() for future in done]
        look()
    return answers


def _make(provider: Provider, call: Call, brake: Brake) -> Answer:
    if not brake.lets:
        return Answer(call, sent=False)
    try:
        return _ask(provider, call)
    except BudgetUsedUp:
        return Answer(call, sent=False)
    except ProviderError as exc:
        if exc.retry_after:
            brake.rest(exc.retry_after)
        return Answer(call, error=exc)


def _ask(provider: Provider, call: Call) -> Answer:
    if call.kind is Kind.READ:
        return Answer(call, job=provider.get(call.name))
    if call.kind is Kind.POLL:
        return Answer(call, over=provider.poll(DeleteTicket(call.ticket)))
    if call.kind is Kind.CANCEL:
        provider.cancel(call.name)
        return Answer(call)
    ticket = provider.delete(call.name)
    return Answer(call, ticket=ticket.name if ticket else "")
