"""Saved results as the archive leaves them: real files in the storage, and the rows that name them."""

import json
from typing import Any

from jobs.models import Archive, ArchiveStatus, BatchJob
from jobs.results import storing
from jobs.results.writing import write
from tests.factories import NOON

COUNTED = ("lines", "ok", "failed", "truncated", "blocked", "empty", "broken", "invalid_json", "missing_key")
SUMMED = ("duplicate_keys", "prompt_tokens", "output_tokens", "cached_tokens", "size", "stored_size", "sha256")


def save_results(job: BatchJob, *lines: bytes | dict[str, Any], **fields: Any) -> Archive:
    """Archive ``lines`` as the results of ``job``, and say so in its row."""
    content = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    with storing.spool() as folder:
        written = write([("predictions.jsonl", [content])], folder)
        place = f"{job.project_id}/{job.pk}"
        files = [storing.keep(written.archive, f"{place}.jsonl.zst"), storing.keep(written.index, f"{place}.sqlite3")]
    job.results_state = "saved"
    job.save(update_fields=["results_state"])
    counted = {name: getattr(written.summary, name) for name in (*COUNTED, *SUMMED)}
    times = {"wanted_at": NOON, "next_attempt_at": NOON, "saved_at": NOON}
    named = {"file": files[0], "index_file": files[1], "status": ArchiveStatus.SAVED}
    return Archive.objects.create(job=job, **(times | named | counted | fields))


def answered(key: str, text: str = "Fine.", finish: str = "STOP") -> dict[str, Any]:
    """A line that went well, of 10 prompt and 5 output tokens."""
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": finish}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
    return {"key": key, "response": {"candidates": [candidate], "usageMetadata": usage}}


def failed(key: str, message: str = "Image too large.") -> dict[str, Any]:
    return {"key": key, "error": {"code": 3, "message": message}}
