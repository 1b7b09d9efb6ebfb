"""Accounts: each with its own jobs, files, credentials, faults, journal and clock."""

import string
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import RLock
from typing import Any, ClassVar

from jobs.simulator import texts
from jobs.simulator.clock import Clock
from jobs.simulator.faults import Faults
from jobs.simulator.files import File, FileStore
from jobs.simulator.identity import ServiceIdentity
from jobs.simulator.jobs import Kind, Outcome, SimJob, Snapshot, Source
from jobs.simulator.journal import Journal
from jobs.simulator.scratch import Scratch
from jobs.simulator.seeds import digits, mark, pick, word
from jobs.simulator.storage import Storage

KEY_LETTERS = f"{string.ascii_letters}{string.digits}_-"
Place = tuple[datetime, str]


class Account:
    """One customer of a provider. Jobs created in the future are there, but not seen before their time."""

    kind: ClassVar[Kind]

    def __init__(self, name: str, seed: str, clock: Clock) -> None:
        self.name, self.seed, self.clock = name, seed, clock
        self.jobs: dict[str, SimJob] = {}
        self.deleted: set[str] = set()
        self.faults, self.journal, self.lock = Faults(), Journal(), RLock()
        self.secrets: list[str] = []
        self.revoked = False
        self.fate: dict[str, Any] = {}
        """What becomes of jobs created over the wire: arguments of add_job, such as run_seconds."""
        self.grow: Callable[[datetime], None] = lambda now: None
        self._places: list[Place] = []
        self._made = 0

    def add_job(
        self,
        display_name: str = "",
        model: str = "gemini-2.5-flash",
        requests: int = 100,
        outcome: Outcome = "succeed",
        created: datetime | None = None,
        queue_seconds: float = 60,
        run_seconds: float = 600,
        source: Source | None = None,
        labels: dict[str, str] | None = None,
        failed: int = 0,
        **more: Any,
    ) -> SimJob:
        """A job of this fate. ``failed``: requests that fail in the end; ``more``: other fields of SimJob."""
        self._made += 1
        seed = f"{self.seed}:{self._made}"
        job = SimJob(
            name=self._job_name(seed),
            kind=self.kind,
            display_name=display_name or f"batch-{self._made}",
            model=model,
            requests=requests,
            created=created or self.clock.now(),
            seed=seed,
            outcome=outcome,
            failed=failed,
            queue_seconds=queue_seconds,
            run_seconds=run_seconds,
            source=source or self._default_source,
            labels=labels or {},
            embeds=source == "embeddings",
            error=pick(texts.JOB_ERRORS[self.kind], seed),
            **more,
        )
        self._complete(job)
        with self.lock:
            self.jobs[job.name] = job
            insort(self._places, (job.created, job.name))
        return job

    def forget(self, name: str) -> None:
        """Let a job vanish, as if somebody had deleted it elsewhere. Raises KeyError."""
        with self.lock:
            job = self.jobs.pop(name)
            self._places.remove((job.created, name))
            self.deleted.add(name)

    def revoke(self) -> None:
        """No key or token of this account is valid any more."""
        self.revoked = True

    def add_key(self) -> str:
        """A further key or token of the same account."""
        self.secrets.append(self._secret(len(self.secrets)))
        return self.secrets[-1]

    def find(self, name: str) -> SimJob | None:
        job = self.jobs.get(name)
        return job if job and job.created <= self.clock.now() else None

    def walk(self, after: Place | None) -> Iterator[SimJob]:
        """Jobs as a list shows them, from behind ``after``: newest first, or shuffled if so switched."""
        now = self.clock.now()
        self.grow(now)
        if self.faults.shuffled:
            return self._walk_shuffled(now, after)
        places = self._places
        top = bisect_left(places, after) if after else bisect_right(places, (now, "\U0010ffff"))
        return (self.jobs[places[index][1]] for index in range(top - 1, -1, -1))

    def _walk_shuffled(self, now: datetime, after: Place | None) -> Iterator[SimJob]:
        names = sorted((mark(name), name) for created, name in self._places if created <= now)
        start = bisect_right(names, (mark(after[1]), after[1])) if after else 0
        return (self.jobs[name] for _, name in names[start:])

    def snapshot(self, job: SimJob) -> Snapshot:
        return job.snapshot(self.clock.now())

    _default_source: ClassVar[Source]

    def _job_name(self, seed: str) -> str:
        raise NotImplementedError

    def _secret(self, nth: int) -> str:
        raise NotImplementedError

    def _complete(self, job: SimJob) -> None:
        """Fill in where input and output are."""
        raise NotImplementedError


class GeminiAccount(Account):
    kind = "gemini"
    _default_source = "file"

    def __init__(self, name: str, seed: str, clock: Clock, scratch: Scratch) -> None:
        super().__init__(name, seed, clock)
        self.files = FileStore(seed, clock, scratch)
        self.key = self.add_key()

    def _job_name(self, seed: str) -> str:
        return f"batches/{word(36, seed, 'batch')}"

    def _secret(self, nth: int) -> str:
        return f"AIzaSy{word(33, self.seed, 'key', nth, alphabet=KEY_LETTERS)}"

    def _complete(self, job: SimJob) -> None:
        if not job.model.startswith(("models/", "tunedModels/")):
            job.model = f"models/{job.model}"
        job.output_name = f"files/batch-{job.id}"
        if job.source != "inline" and not job.input_name:
            file_id = word(12, job.seed, "input")
            job.input_name = f"files/{file_id}"
            self.files.files[file_id] = File(file_id, job.created, display_name=f"{job.display_name}.jsonl", job=job)


class VertexAccount(Account):
    """``tokens_expire()`` ends the tokens that the token endpoint gave out, not the fixed one."""

    kind = "vertex"
    _default_source = "gcs"

    def __init__(self, name: str, seed: str, clock: Clock, location: str) -> None:
        super().__init__(name, seed, clock)
        self.location = location
        self.cloud_project = f"acme-{name.removesuffix('-vertex')}-{word(4, seed, 'project')}"
        self.cloud_number = digits(12, seed, "number")
        self.bucket, self.dataset = f"{self.cloud_project}-batch", "batch_predictions"
        self.token = self.add_key()
        self.storage = Storage(self.bucket, self.cloud_project, clock)
        self.identity = ServiceIdentity(self.cloud_project, seed)
        self.minted: set[str] = set()
        self.delete_seconds = 0.0
        self.operations: dict[str, datetime] = {}

    @property
    def parent(self) -> str:
        return f"projects/{self.cloud_number}/locations/{self.location}"

    def _job_name(self, seed: str) -> str:
        return f"{self.parent}/batchPredictionJobs/{digits(19, seed, 'job')}"

    def _secret(self, nth: int) -> str:
        return f"ya29.{word(120, self.seed, 'token', nth)}"

    def mint(self) -> str:
        """A token for a signed-in service account."""
        token = f"ya29.c.{word(120, self.seed, 'minted', len(self.minted), self.clock.now())}"
        self.minted.add(token)
        return token

    def tokens_expire(self) -> None:
        self.minted.clear()

    def service_account_info(self, base_url: str) -> dict[str, str]:
        """A service-account file with a fresh key, whose token_uri is the simulator at ``base_url``."""
        return self.identity.info(base_url)

    def _complete(self, job: SimJob) -> None:
        if "/" not in job.model:
            job.model = f"publishers/google/models/{job.model}"
        if job.source not in ("gcs", "bigquery"):
            job.source = "gcs"
        if job.source == "gcs":
            job.input_name = job.input_name or f"gs://{self.bucket}/in/{job.display_name}-{job.id[-6:]}.jsonl"
            job.output_name = job.output_name or f"gs://{self.bucket}/out"
        else:
            dataset = f"bq://{self.cloud_project}.{self.dataset}"
            job.input_name = job.input_name or f"{dataset}.requests_{job.id[-6:]}"
            job.output_name = job.output_name or dataset
        self.storage.add(job)
