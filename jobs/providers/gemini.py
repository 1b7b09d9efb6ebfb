"""Gemini Developer API batches over REST (WIRE 1): the SDK drops counts, errors and sources (WIRE 6.1)."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from jobs.states import Counts, State

from . import gemini_results, reading
from .base import (
    EVERYTHING,
    Account,
    Capabilities,
    Chunks,
    DeleteTicket,
    Gate,
    Page,
    Part,
    ProviderKind,
    RawJob,
    RemoteJob,
    ResultPlace,
    Scope,
    UnaskableError,
    open_gate,
)
from .listing import read_job, read_page
from .wire import Wire, shared_client

BASE_URL = "https://generativelanguage.googleapis.com"
LIFETIME = timedelta(hours=48)  # of a live job and of a results file (WIRE 1.4, 1.7)
STATES = {
    "PENDING": State.QUEUED,
    "QUEUED": State.QUEUED,
    "RUNNING": State.RUNNING,
    "SUCCEEDED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELLED": State.CANCELLED,
    "EXPIRED": State.EXPIRED,
}
_ASKABLE = re.compile(r"batches/(?!\.+$)[A-Za-z0-9._~-]+")


class Gemini:
    def __init__(self, account: Account, *, gate: Gate = open_gate, client: httpx.Client | None = None) -> None:
        headers = {"x-goog-api-key": account.credential.secret}
        self._wire = Wire(account.base_url or BASE_URL, lambda: headers, gate, client or shared_client())

    def list_page(self, token: str = "", scope: Scope = EVERYTHING, *, size: int = 100) -> Page:
        """Newest first, inline results left out (WIRE 1.5); ``scope`` cannot be asked for here."""
        params = {"pageSize": str(size)} | ({"pageToken": token} if token else {})
        return read_page(self._wire.get("/v1beta/batches", params, listing=True), "operations")

    def get(self, name: str) -> RawJob:
        return read_job(self._wire.get(_path(name)), name)

    def cancel(self, name: str) -> None:
        """Best effort: the job may still succeed (WIRE 1.6)."""
        self._wire.change("POST", f"{_path(name)}:cancel", "cancel jobs")

    def delete(self, name: str) -> None:
        """At once, and its results file goes with it (WIRE 1.6)."""
        self._wire.change("DELETE", _path(name), "delete jobs")

    def poll(self, ticket: DeleteTicket) -> bool:
        raise UnaskableError("Gemini deletes at once, so there is nothing to follow.")

    def parts(self, place: ResultPlace) -> list[Part]:
        """A list leaves out where inline results are (WIRE 1.5): without an output the job itself is asked."""
        output = place.output or parse_job(self.get(place.name).body).output
        return gemini_results.parts(self._wire, _path(place.name), output)

    def stream(self, part: Part, start: int = 0) -> Chunks:
        return gemini_results.read(self._wire, part, start)

    def input_parts(self, source: str) -> list[Part]:
        """Uploads cannot be downloaded, inline requests are never echoed (WIRE 1.3, 1.7)."""
        return []


def _path(name: str) -> str:
    if not _ASKABLE.fullmatch(name):
        raise UnaskableError("This job's name is not one that Gemini can be asked for.")
    return f"/v1beta/{name}"


def parse_job(body: bytes) -> RemoteJob:
    """An Operation (WIRE 1.3) as a RemoteJob; whatever the bytes hold."""
    operation = reading.mapping(reading.decode(body))
    batch = reading.mapping(operation.get("metadata"))
    word = reading.text(batch.get("state"), 100)
    reported = STATES.get(reading.plain_suffix(word, "BATCH_STATE_", "JOB_STATE_"), State.UNKNOWN)
    output = _output(reading.mapping(batch.get("output")) or reading.mapping(operation.get("response")))
    created, ended = reading.moment(batch.get("createTime")), reading.moment(batch.get("endTime"))
    return RemoteJob(
        name=reading.identity(operation.get("name"), body),
        reported=reported,
        provider_state=word,
        display_name=reading.text(batch.get("displayName"), reading.NAME_LIMIT),
        model=reading.text(batch.get("model"), 200).removeprefix("models/"),
        counts=_counts(batch),
        created_at=created,
        ended_at=ended,
        updated_at=reading.moment(batch.get("updateTime")),
        expires_at=_expiry(reported, created, ended, output),
        error_code=reading.small_integer(reading.mapping(operation.get("error")).get("code")),
        error_message=reading.text(reading.mapping(operation.get("error")).get("message"), reading.MESSAGE_LIMIT),
        source=_source(batch),
        destination=output,
        output=output,
    )


def _counts(batch: Mapping[str, Any]) -> Counts:
    """``batchStats``: zero counts are left out (WIRE 1.3), so beside a total a missing one is 0."""
    stats = reading.mapping(batch.get("batchStats"))
    total = reading.count(stats.get("requestCount"))
    missing = None if total is None else 0
    keys = ("successfulRequestCount", "failedRequestCount", "pendingRequestCount")
    succeeded, failed, pending = (reading.count(stats[key]) if key in stats else missing for key in keys)
    return Counts(total, succeeded, failed, pending)


def _source(batch: Mapping[str, Any]) -> str:
    """The input file; requests sent inline are never echoed (WIRE 1.3)."""
    if not batch:
        return ""
    config = reading.mapping(batch.get("inputConfig"))
    return reading.text(config.get("fileName")) or "inline"


def _output(output: Mapping[str, Any]) -> str:
    if file := reading.text(output.get("responsesFile")):
        return file
    inline = "inlinedResponses" in output or "inlinedEmbedContentResponses" in output
    return "inline" if inline else ""


def _expiry(reported: State, created: Any, ended: Any, output: str) -> Any:
    """When a live job expires, or a finished one's results file; inline results live as long as the job."""
    if reported in (State.QUEUED, State.RUNNING):
        return created + LIFETIME if created else None
    return ended + LIFETIME if ended and output.startswith("files/") else None


def wants_get(job: RemoteJob) -> bool:
    """A list leaves inline results out (WIRE 1.5), so a finished inline job is asked for once."""
    return job.reported is State.SUCCEEDED and job.source == "inline" and not job.output


def without_results(body: bytes) -> bytes:
    """A job got alone carries its inline results, up to tens of MB and twice (WIRE 1.3): leave only that they exist."""
    operation = reading.decode(body)
    output = reading.mapping(reading.mapping(reading.mapping(operation).get("metadata")).get("output"))
    if not isinstance(operation, dict) or _output(output or reading.mapping(operation.get("response"))) != "inline":
        return body
    metadata = {**reading.mapping(operation.get("metadata")), "output": {"inlinedResponses": {}}}
    kept = {key: value for key, value in operation.items() if key != "response"}
    return json.dumps({**kept, "metadata": metadata}).encode()


KIND = ProviderKind(
    label="Gemini API",
    connect=Gemini,
    parse_job=parse_job,
    capabilities=Capabilities(
        newest_first=True,
        results="file or inline",
        results_lifetime=LIFETIME,
        results_die_with_job=True,
        keeps_order=True,  # as the guides say; what has a key is found by it (WIRE 1.8)
        job_name_hint="batches/…",
        most_live=100,  # WIRE 1.9
    ),
    credential_kinds=("api_key",),
    hosts=("generativelanguage.googleapis.com",),
    wants_get=wants_get,
    without_results=without_results,
)
