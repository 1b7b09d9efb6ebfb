"""A job as the provider describes it, beside what we knew, becomes a row: pure functions, no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from jobs.models import BatchJob
from jobs.providers.base import RemoteJob
from jobs.states import TERMINAL, Counts, State, grade

PARSER_VERSION = 1  # raise it when parse_job reads more: every row is read anew at its next sync
_SALTED = blake2b(digest_size=16, salt=PARSER_VERSION.to_bytes(8, "big"))

# What each sync writes of a job, in the order of values()
OBSERVED = (
    "display_name",
    "model",
    "state",
    "provider_state",
    "reported",
    "requests_total",
    "requests_succeeded",
    "requests_failed",
    "requests_pending",
    "created_at",
    "started_at",
    "started_observed",
    "ended_at",
    "updated_at",
    "expires_at",
    "error_code",
    "error_message",
    "source",
    "destination",
    "output",
    "labels",
    "observed_at",
    "gone_at",
    "gone_by",
    "gone_reason",
    "raw_hash",
    "by_created",
    "by_ended",
    "by_requests",
    "by_failed",
    "by_duration",
    "search_text",
    "search_prefix",
)
# What of a known job decides its next row
KNOWN = (
    "id",
    "name",
    "state",
    "model",
    "started_at",
    "started_observed",
    "cancel_requested_at",
    "first_seen_at",
    "gone_at",
    "gone_by",
    "output",
    "requests_succeeded",
    "requests_failed",
    "requests_pending",
    "results_total",
    "results_succeeded",
    "results_failed",
    "raw_hash",
)


@dataclass(frozen=True, slots=True)
class Observation:
    """One job seen at one moment: what it is now, the row to write, and what was known before (or None)."""

    remote: RemoteJob
    body: bytes
    state: State
    started_at: datetime | None
    started_observed: bool
    known: BatchJob | None

    @property
    def state_changed(self) -> bool:
        return self.known is None or self.known.state != self.state

    @property
    def counts_changed(self) -> bool:
        counts = self.remote.counts
        new = (counts.succeeded, counts.failed, counts.pending)
        known = self.known
        return known is None or new != (known.requests_succeeded, known.requests_failed, known.requests_pending)


def fingerprint(body: bytes) -> bytes:
    """Of the raw bytes, salted with the parser's version, so that an unchanged job is not even parsed."""
    digest = _SALTED.copy()
    digest.update(body)
    return digest.digest()


def observe(remote: RemoteJob, body: bytes, known: BatchJob | None, *, at: datetime) -> Observation:
    """Grade ``remote`` with the inputs we keep, and settle when it started."""
    cancel_requested = bool(known and known.cancel_requested_at)
    state = grade(remote.reported, remote.counts, cancel_requested=cancel_requested, results=results_of(known))
    started, observed = _start(remote, known, at)
    return Observation(remote, body, state, started, observed, known)


def results_of(known: BatchJob | None) -> Counts | None:
    if known is None or known.results_total is None:
        return None
    return Counts(known.results_total, known.results_succeeded, known.results_failed)


def _start(remote: RemoteJob, known: BatchJob | None, at: datetime) -> tuple[datetime | None, bool]:
    """The provider's start; where it tells none, the first time we saw the job running, marked as observed."""
    if remote.started_at:
        return remote.started_at, False
    if known and known.started_at:
        return known.started_at, known.started_observed
    return (at, True) if remote.reported is State.RUNNING else (None, False)


def values(seen: Observation, *, first_seen: datetime, at: datetime) -> tuple[Any, ...]:
    """The row of ``seen`` in the order of OBSERVED."""
    job = seen.remote
    counts = job.counts
    output = job.output or (seen.known.output if seen.known else "")
    created = job.created_at or first_seen
    return (
        job.display_name,
        job.model,
        seen.state.value,
        job.provider_state,
        job.reported.value,
        counts.total,
        counts.succeeded,
        counts.failed,
        counts.pending,
        job.created_at,
        seen.started_at,
        seen.started_observed,
        job.ended_at,
        job.updated_at,
        job.expires_at,
        job.error_code,
        job.error_message,
        job.source,
        job.destination or output,
        output,
        job.labels,
        at,
        None,
        "",
        "",
        fingerprint(seen.body),
        created,
        job.ended_at or created,
        counts.total or 0,
        failed_share(results_of(seen.known) or counts),
        _duration(seen),
        *_search(job),
    )


def failed_share(counts: Counts) -> int:
    """Failed requests per million."""
    if not counts.failed:
        return 0
    whole = max(counts.total or 0, counts.failed + (counts.succeeded or 0))
    return counts.failed * 1_000_000 // whole


def _duration(seen: Observation) -> int:
    """Whole seconds from start (else creation) to end; -1 while that is not known; never less than 0."""
    begun, ended = seen.started_at or seen.remote.created_at, seen.remote.ended_at
    if seen.state not in TERMINAL or not begun or not ended:
        return -1
    return max(int((ended - begun).total_seconds()), 0)


def _search(job: RemoteJob) -> tuple[str, str]:
    """Text to find a job by (lower case, at most 1,000 characters) and the first characters of what it is called.

    Of its name only the last segment: the others are the same for all jobs of an account.
    """
    short_id = job.name.rpartition("/")[2]
    called = job.display_name or short_id
    labels = " ".join(f"{key}={value}" for key, value in job.labels.items())
    parts = (job.display_name, short_id, job.error_message[:300], labels)
    text = " ".join(part for part in parts if part).lower()
    return text[:1000], called.lower()[:32]


def sample(seen: Observation) -> Sequence[int | None]:
    counts = seen.remote.counts
    return counts.succeeded or 0, counts.failed or 0, counts.pending
