"""A simulated batch job: what it looks like is a pure function of the job and the time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from jobs.simulator.pace import Curve, worked

Outcome = Literal["succeed", "partial", "fail", "all_failed", "stuck", "expire", "unknown", "run"]
Source = Literal["file", "inline", "embeddings", "gcs", "bigquery"]
Kind = Literal["gemini", "vertex"]
ENDLESS = ("stuck", "expire", "unknown", "run")
TERMINAL = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"})
GEMINI_LIFE = timedelta(hours=48)
VERTEX_QUEUE_LIFE, VERTEX_RUN_LIFE = timedelta(hours=72), timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job at one moment. ``phase`` is the provider's state word without its prefix; counts are requests."""

    phase: str
    updated: datetime
    started: datetime | None
    ended: datetime | None
    succeeded: int
    failed: int

    @property
    def done(self) -> int:
        return self.succeeded + self.failed

    @property
    def terminal(self) -> bool:
        return self.phase in TERMINAL


@dataclass(slots=True)
class SimJob:
    """What was ordered, and what is fated to become of it."""

    name: str
    kind: Kind
    display_name: str
    model: str
    requests: int
    created: datetime
    seed: str
    outcome: Outcome = "succeed"
    failed: int = 0
    queue_seconds: float = 60
    run_seconds: float = 600
    source: Source = "file"
    error: tuple[int, str] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    cancel_at: datetime | None = None
    cancel_seconds: float = 5
    cancel_wins: bool = True
    embeds: bool = False
    priority: int = 0
    input_name: str = ""
    output_name: str = ""
    upload: Any = None
    inline: list[dict[str, Any]] | None = None
    content: bytes | None = None
    """The results by hand, for what no seed would make: broken lines, double keys."""
    word: str = "REBALANCING"
    """The state word of the outcome "unknown"."""
    pace: Curve = ()
    """How its work spreads over its time; evenly by default."""

    @property
    def id(self) -> str:
        return self.name.rsplit("/", 1)[-1]

    @property
    def starts(self) -> datetime | None:
        """When it starts running if nothing intervenes; a stuck job never does."""
        waits_for_ever = self.outcome == "stuck" or (self.outcome == "expire" and self.kind == "vertex")
        return None if waits_for_ever else self.created + timedelta(seconds=self.queue_seconds)

    @property
    def finishes(self) -> datetime | None:
        """When its own work ends, None for jobs that never get there."""
        if self.outcome in ENDLESS or self.starts is None:
            return None
        return self.starts + timedelta(seconds=self.run_seconds)

    @property
    def deadline(self) -> datetime | None:
        """When the provider gives up: Gemini after 48 h, Vertex after 72 h queued or 24 h running (WIRE 1.4, 2.5)."""
        if self.outcome == "unknown":
            return None
        if self.kind == "gemini":
            return self.created + GEMINI_LIFE
        queue_end = self.created + VERTEX_QUEUE_LIFE
        return self.starts + VERTEX_RUN_LIFE if self.starts and self.starts < queue_end else queue_end

    @property
    def end(self) -> tuple[datetime, str] | None:
        """The moment and phase of its end: whatever comes first of its own end, the deadline and a cancel."""
        ends = [
            (self.finishes, "FAILED" if self.outcome == "fail" else "SUCCEEDED"),
            (self.deadline, "EXPIRED"),
        ]
        if self.cancel_at and self.cancel_wins:
            ends.append((self.cancel_at + timedelta(seconds=self.cancel_seconds), "CANCELLED"))
        known = [(moment, phase) for moment, phase in ends if moment is not None]
        return min(known, key=lambda pair: pair[0], default=None)

    def snapshot(self, now: datetime) -> Snapshot:
        """What a GET at ``now`` would tell."""
        end = self.end
        ended, phase = end if end and end[0] <= now else (None, self._live_phase(now))
        seen = ended or now
        started = self.starts if self.starts and self.starts <= seen else None
        if started is None:
            return Snapshot(phase, ended or self._touched(now), None, ended, 0, 0)
        updated = ended or max(self._step(started, now), self._touched(now))
        succeeded, failed = self._counts(started, updated, phase)
        return Snapshot(phase, updated, started, ended, succeeded, failed)

    def _touched(self, now: datetime) -> datetime:
        return self.cancel_at if self.cancel_at and self.cancel_at <= now else self.created

    def _live_phase(self, now: datetime) -> str:
        if self.cancel_at and self.cancel_at <= now and self.kind == "vertex":
            return "CANCELLING"
        if self.starts is None or now < self.starts:
            return "PENDING"
        return self.word if self.outcome == "unknown" else "RUNNING"

    def _step(self, started: datetime, now: datetime) -> datetime:
        """updateTime moves in steps (37 s were seen, WIRE 1.3): between two of them the bytes stay the same."""
        step = min(37.0, max(self.run_seconds / 100, 0.001))
        return started + timedelta(seconds=(now - started).total_seconds() // step * step)

    def _counts(self, started: datetime, at: datetime, phase: str) -> tuple[int, int]:
        """Succeeded and failed requests; both only grow."""
        done = self.requests if phase == "SUCCEEDED" else self._progress(started, at)
        failed = self.failing * done // self.requests if self.requests else 0
        return done - failed, failed

    def _progress(self, started: datetime, at: datetime) -> int:
        elapsed = (at - started).total_seconds()
        share = worked(self.pace, elapsed / self.run_seconds) if self.run_seconds else 1.0
        if self.outcome in ENDLESS:
            share = 0.9 * elapsed / (elapsed + self.run_seconds) if elapsed else 0.0
        reach = 0.4 if self.outcome == "fail" else 1.0
        return int(self.requests * min(share, 1.0) * reach)

    @property
    def failing(self) -> int:
        """How many requests fail when all have been worked on."""
        if self.outcome == "all_failed":
            return self.requests
        if self.outcome == "partial":
            return min(self.failed or max(1, self.requests // 20), self.requests)
        return min(self.failed, self.requests)
