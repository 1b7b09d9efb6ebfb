"""What every provider offers, the values it hands over, and its errors sorted once (DESIGN 4)."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from jobs.credentials import Credential
from jobs.states import Counts, State


class ProviderError(Exception):
    """The provider did not do what was asked. ``str()`` is one sentence a person can act on."""

    kind = "refused"

    def __init__(self, sentence: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_after = retry_after


class TransientError(ProviderError):
    """Network, 429, 5xx, an answer that is not JSON: trying later may help. ``retry_after`` in seconds."""

    kind = "transient"


class PageTokenExpired(TransientError):
    """The list must be read again from its first page (WIRE 10)."""


class ResultsChanged(TransientError):
    """Not what was read before any more: what was read so far cannot be continued, only read anew from its start."""


class CredentialError(ProviderError):
    """The key or token is not accepted: a person must rotate it."""

    kind = "credential"


class GoneError(ProviderError):
    """The thing asked for does not exist (any more)."""

    kind = "gone"


class RefusedError(ProviderError):
    """Understood and declined, for this one request."""


class UnaskableError(RefusedError):
    """No job can have this name at the provider, so it is not asked: only its list tells of such a job."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do; pages and plans ask this, never for a provider's name.

    ``results_lifetime``: how long a finished job's results stay; None for as long as their owner wants.
    ``results_die_with_job``: deleting the job deletes them. ``echoes_requests``: each result holds its request.
    ``keeps_order``: results come in the order of their requests, so one without a key is known by its place.
    """

    cancel: bool = True
    delete: bool = True
    deletes_running: bool = False
    server_filter: bool = False
    newest_first: bool = False
    labels: bool = False
    start_time: bool = False
    results: str = ""
    results_lifetime: timedelta | None = None
    results_die_with_job: bool = False
    echoes_requests: bool = False
    keeps_order: bool = False
    job_name_hint: str = ""
    most_live: int | None = None  # jobs a project may have unfinished at once


@dataclass(frozen=True, slots=True)
class RawJob:
    """One job as it came: ``body`` are its exact JSON bytes, ``name`` what it is called there (or a stand-in)."""

    name: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. ``latency`` in seconds; ``skew`` = their clock minus ours in seconds, if they told."""

    jobs: list[RawJob]
    next_token: str
    latency: float
    skew: float | None


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """A job as the provider describes it, safe to store; None and "" where it does not say."""

    name: str
    reported: State
    provider_state: str = ""
    display_name: str = ""
    model: str = ""
    counts: Counts = field(default_factory=Counts)
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    error_code: int | None = None
    error_message: str = ""
    source: str = ""
    destination: str = ""
    output: str = ""
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeleteTicket:
    """A delete that the provider has begun: ``name`` is the operation to follow (WIRE 2.5)."""

    name: str


@dataclass(frozen=True, slots=True)
class ResultPlace:
    """Where a job's results are: the job's name, and its ``RemoteJob.output``."""

    name: str
    output: str


@dataclass(frozen=True, slots=True)
class Part:
    """One file or table of results, or of requests, as the provider keeps it.

    ``name`` is what a person sees, unlike that of any other part; ``locator`` is the provider's business. ``size`` in
    bytes, None where it does not tell. ``resumable``: it can be read from any byte on, not only from the first.
    """

    name: str
    locator: str
    size: int | None
    resumable: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of a list is wanted, where the provider can filter; everything by default."""

    active_only: bool = False
    created_after: datetime | None = None


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Account:
    """Where and as whom to connect. Empty URLs mean the provider's own hosts."""

    credential: Credential
    cloud_project: str = ""
    location: str = ""
    base_url: str = ""
    storage_url: str = ""
    bigquery_url: str = ""


Chunks = Generator[bytes, None, None]
Gate = Callable[[], AbstractContextManager[object]]


def open_gate() -> AbstractContextManager[object]:
    """No limit on requests."""
    return nullcontext()


class Provider(Protocol):
    def list_page(self, token: str = "", scope: Scope = EVERYTHING, *, size: int = 100) -> Page:
        """One page; raise PageTokenExpired, CredentialError, TransientError or RefusedError."""

    def get(self, name: str) -> RawJob:
        """One job in full; raise GoneError when it does not exist."""

    def cancel(self, name: str) -> None:
        """Ask that a job ends; whether and when it does, ``get`` tells.

        Raise GoneError, RefusedError (``status`` 400 or 409: it has ended already, or may not be asked now; 403: this
        credential lacks the right), CredentialError or TransientError, after which only ``get`` tells what was done.
        """

    def delete(self, name: str) -> DeleteTicket | None:
        """Delete an ended job; None when the provider says it is done. Raises like ``cancel``."""

    def poll(self, ticket: DeleteTicket) -> bool:
        """Whether a delete has come to its end. Raise RefusedError when it failed, GoneError for an unknown one."""

    def parts(self, place: ResultPlace) -> list[Part]:
        """The files of a finished job's results, in a stable order; [] where there are none.

        Raise GoneError when they are no more, RefusedError when they may not be read, and the rest as ``get``.
        """

    def stream(self, part: Part, start: int = 0) -> Chunks:
        """The exact bytes of ``part`` in chunks, from byte ``start`` on; closing the iterator ends the request at once.

        Raise as ``parts``, TransientError when the connection was cut, ResultsChanged when it is another file by now.
        """

    def input_parts(self, source: str) -> list[Part]:
        """The files of a job's requests, by its ``RemoteJob.source``; [] where they are not known or not readable."""


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """One entry of the registry: how a provider is called, what it needs, what it can do, how it is read.

    ``wants_get``: a list leaves out where this job's results are. ``finds_requests``: whether ``input_parts`` can be
    asked for this ``RemoteJob.source``. ``without_results``: one job in full, less the
    results it carries, so that they are not kept beside it.
    """

    label: str
    connect: Callable[..., Provider]
    parse_job: Callable[[bytes], RemoteJob]
    capabilities: Capabilities
    credential_kinds: tuple[str, ...]
    hosts: tuple[str, ...]
    fields: tuple[str, ...] = ()
    page_size: int = 100
    wants_get: Callable[[RemoteJob], bool] = field(default=lambda job: False)
    finds_requests: Callable[[str], bool] = field(default=lambda source: False)
    without_results: Callable[[bytes], bytes] = field(default=lambda body: body)
