"""What a job went through: state changes with the answer that told them, and progress samples."""

from collections.abc import Iterator
from typing import Any

import msgspec
import zstandard
from django.db import models
from django.db.models import UniqueConstraint

from jobs import states

from .job import BatchJob

_decompress = zstandard.ZstdDecompressor


class StateChange(models.Model):
    """``at`` is when it happened as far as known, ``observed_at`` when a sync saw it."""

    job = models.ForeignKey(BatchJob, models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    observed_at = models.DateTimeField()
    from_state = models.CharField(max_length=10, choices=states.CHOICES, blank=True)
    to_state = models.CharField(max_length=10, choices=states.CHOICES)
    provider_state = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["observed_at", "id"]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.from_state} → {self.to_state}"


class Payload(models.Model):
    """The provider's answer, zstd: the latest while a job stays in one state, so the last one of each state."""

    change = models.OneToOneField(StateChange, models.CASCADE, primary_key=True, related_name="payload")
    observed_at = models.DateTimeField()
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"answer at {self.observed_at:%Y-%m-%d %H:%M:%S}"

    @property
    def size(self) -> int:
        """Bytes of ``raw``, known without unpacking it."""
        return zstandard.frame_content_size(bytes(self.body))

    @property
    def raw(self) -> bytes:
        return _decompress().decompress(bytes(self.body))

    def pieces(self) -> Iterator[bytes]:
        """``raw`` a piece at a time: however large, it takes little memory."""
        return iter(_decompress().read_to_iter(bytes(self.body)))

    def json(self) -> Any:
        """The answer decoded; its text when it is not JSON."""
        try:
            return msgspec.json.decode(self.raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self.raw.decode(errors="replace")


class ProgressSample(models.Model):
    """Counts at one moment; thinned as a job grows old (jobs/sync)."""

    job = models.ForeignKey(BatchJob, models.CASCADE, related_name="samples", db_index=False)
    at = models.DateTimeField()
    succeeded = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [UniqueConstraint("job", "at", name="sample_once_per_moment")]

    def __str__(self) -> str:
        return f"{self.job_id} at {self.at:%H:%M:%S}: {self.succeeded}/{self.failed}"
