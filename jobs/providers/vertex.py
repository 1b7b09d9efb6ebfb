"""Vertex AI batch prediction jobs over REST (WIRE 2): one list holds everything, also labels the SDK drops."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx

from jobs.states import Counts, State

from . import bigquery, gcs, reading
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
    RefusedError,
    RemoteJob,
    ResultPlace,
    Scope,
    UnaskableError,
    open_gate,
)
from .failures import sort_storage_failure
from .listing import read_job, read_page
from .signing import bearer, forget
from .wire import Wire, shared_client

QUEUE_LIFETIME, RUN_LIFETIME = timedelta(hours=72), timedelta(hours=24)  # WIRE 2.5
STATES = {
    "QUEUED": State.QUEUED,
    "PENDING": State.QUEUED,
    "RUNNING": State.RUNNING,
    "UPDATING": State.RUNNING,
    "CANCELLING": State.CANCELLING,
    "PAUSED": State.PAUSED,
    "SUCCEEDED": State.SUCCEEDED,
    "PARTIALLY_SUCCEEDED": State.PARTIAL,
    "FAILED": State.FAILED,
    "CANCELLED": State.CANCELLED,
    "EXPIRED": State.EXPIRED,
}
MOST_SOURCES = 20  # files of requests kept of a job
MULTI_REGIONS = ("us", "eu")
FINISHED = ("SUCCEEDED", "PARTIALLY_SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED")
LOCATION = re.compile(r"(?=.{2,40}$)[a-z]{2,}(-[a-z0-9]+)*")
CLOUD_PROJECT = re.compile(r"[a-z0-9][a-z0-9.:-]{0,98}")
_ASKABLE = re.compile(
    r"projects/[A-Za-z0-9.:_-]+/locations/[A-Za-z0-9_-]+/batchPredictionJobs/((?!\.+$)[A-Za-z0-9._~-]+)"
)
_OPERATION = re.compile(
    r"projects/[A-Za-z0-9.:_-]+/locations/[A-Za-z0-9_-]+/(?:batchPredictionJobs/[A-Za-z0-9._~-]+/)?"
    r"operations/((?!\.+$)[A-Za-z0-9._~-]+)"
)


def host(location: str) -> str:
    """WIRE 2.1; the location becomes part of a host name, so only Google's own shape passes."""
    if not LOCATION.fullmatch(location):
        raise RefusedError(f"“{reading.line(location, 60)}” is not a location: write it like us-central1 or global.")
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in MULTI_REGIONS:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


class Vertex:
    def __init__(self, account: Account, *, gate: Gate = open_gate, client: httpx.Client | None = None) -> None:
        if not CLOUD_PROJECT.fullmatch(account.cloud_project):
            called = reading.line(account.cloud_project, 60)
            raise RefusedError(f"“{called}” is not a cloud project's id or number: copy it from the Cloud console.")
        own_host = host(account.location)
        self._place = f"/v1/projects/{account.cloud_project}/locations/{account.location}"
        self._parent = f"{self._place}/batchPredictionJobs"
        sign = bearer(account.credential, base_url=account.base_url)
        renew = partial(forget, account.credential, base_url=account.base_url)
        self._wire = Wire(account.base_url or own_host, sign, gate, client or shared_client(), renew=renew)
        storage = replace(self._wire, sort=sort_storage_failure, base_url=account.storage_url or gcs.BASE_URL)
        self._storage = gcs.CloudStorage(storage)
        self._tables = bigquery.BigQuery(replace(storage, base_url=account.bigquery_url or bigquery.BASE_URL))

    def list_page(self, token: str = "", scope: Scope = EVERYTHING, *, size: int = 100) -> Page:
        """Full jobs in no promised order (WIRE 2.2)."""
        params = {"pageSize": str(size)}
        params |= {"pageToken": token} if token else {}
        params |= {"filter": filter_text(scope)} if filter_text(scope) else {}
        return read_page(self._wire.get(self._parent, params, listing=True), "batchPredictionJobs")

    def get(self, name: str) -> RawJob:
        """By the last segment: a name comes back with the project's number, whatever was asked (WIRE 2.3)."""
        return read_job(self._wire.get(self._path(name)), name)

    def cancel(self, name: str) -> None:
        """Asynchronous; what was written by then stays (WIRE 2.5)."""
        self._wire.change("POST", f"{self._path(name)}:cancel", "cancel jobs")

    def delete(self, name: str) -> DeleteTicket | None:
        """Only what has ended; the results stay in their bucket or table (WIRE 2.5)."""
        operation = self._wire.change("DELETE", self._path(name), "delete jobs")
        if _is_over(operation):
            return None
        called = reading.text(operation.get("name"), reading.NAME_LIMIT)
        return DeleteTicket(called) if _OPERATION.fullmatch(called) else None

    def poll(self, ticket: DeleteTicket) -> bool:
        if not (found := _OPERATION.fullmatch(ticket.name)):
            raise UnaskableError("This is not the name of a Vertex AI operation.")
        return _is_over(reading.mapping(reading.decode(self._wire.get(f"{self._place}/operations/{found[1]}").body)))

    def parts(self, place: ResultPlace) -> list[Part]:
        """A folder may be named and hold nothing, as for a job that failed."""
        if not place.output:
            return []
        is_table = place.output.startswith("bq://")
        return self._tables.parts(place.output) if is_table else self._storage.parts(place.output)

    def stream(self, part: Part, start: int = 0) -> Chunks:
        is_table = part.locator.startswith("bq://")
        return self._tables.stream(part, start) if is_table else self._storage.stream(part, start)

    def input_parts(self, source: str) -> list[Part]:
        """Files, patterns of them, or a table."""
        if not finds_requests(source):
            return []
        if source.startswith("bq://"):
            return self._tables.parts(source)
        return [part for address in _addresses(source) for part in self._storage.matching(address)]

    def _path(self, name: str) -> str:
        if not (found := _ASKABLE.fullmatch(name)):
            raise UnaskableError("This job's name is not one that Vertex AI can be asked for.")
        return f"{self._parent}/{found[1]}"


def finds_requests(source: str) -> bool:
    """Not where the list of files may not be whole."""
    files = source.startswith("gs://") and len(_addresses(source)) < MOST_SOURCES and not source.endswith("…")
    return files or source.startswith("bq://")


def _addresses(source: str) -> list[str]:
    return re.split(r", (?=gs://)", source)


def _is_over(operation: Mapping[str, Any]) -> bool:
    """Raise RefusedError for a delete that ended in an error."""
    if failure := reading.mapping(operation.get("error")):
        said = reading.line(failure.get("message"), 300).rstrip(".") or "no reason given"
        raise RefusedError(f"Vertex AI could not delete it ({said}): try again later.")
    return operation.get("done") is True


def filter_text(scope: Scope) -> str:
    """``scope`` in the list filter's grammar (WIRE 2.2). Naming the finished states keeps unknown ones in."""
    terms = []
    if scope.active_only:
        terms += [f'state!="JOB_STATE_{word}"' for word in FINISHED]
    if scope.created_after:
        terms.append(f'create_time>"{scope.created_after.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"')
    return " AND ".join(terms)


def parse_job(body: bytes) -> RemoteJob:
    """A BatchPredictionJob (WIRE 2.3) as a RemoteJob; whatever the bytes hold."""
    job = reading.mapping(reading.decode(body))
    word = reading.text(job.get("state"), 100)
    reported = STATES.get(reading.plain_suffix(word, "JOB_STATE_"), State.UNKNOWN)
    created, started = reading.moment(job.get("createTime")), reading.moment(job.get("startTime"))
    return RemoteJob(
        name=reading.identity(job.get("name"), body),
        reported=reported,
        provider_state=word,
        display_name=reading.text(job.get("displayName"), reading.NAME_LIMIT),
        model=reading.text(job.get("model"), 200).removeprefix("publishers/google/models/"),
        counts=_counts(reading.mapping(job.get("completionStats"))),
        created_at=created,
        started_at=started,
        ended_at=reading.moment(job.get("endTime")),
        updated_at=reading.moment(job.get("updateTime")),
        expires_at=_expiry(reported, created, started),
        error_code=reading.small_integer(reading.mapping(job.get("error")).get("code")),
        error_message=reading.text(reading.mapping(job.get("error")).get("message"), reading.MESSAGE_LIMIT),
        source=_source(reading.mapping(job.get("inputConfig"))),
        destination=_destination(reading.mapping(job.get("outputConfig"))),
        output=_output(reading.mapping(job.get("outputInfo"))),
        labels=reading.labels(job.get("labels")),
    )


def _counts(stats: Mapping[str, Any]) -> Counts:
    """``completionStats``: absent before the run; ``incompleteCount`` "-1" means unknown (WIRE 2.3)."""
    if not stats:
        return Counts()
    succeeded, failed = reading.count(stats.get("successfulCount", 0)), reading.count(stats.get("failedCount", 0))
    pending = reading.count(stats.get("incompleteCount", 0))
    parts = (succeeded, failed, pending)
    known = [part for part in parts if part is not None]
    return Counts(reading.count(sum(known)) if len(known) == len(parts) else None, succeeded, failed, pending)


def _source(config: Mapping[str, Any]) -> str:
    uris = reading.mapping(config.get("gcsSource")).get("uris")
    listed = ", ".join(reading.text(uri) for uri in uris[:MOST_SOURCES]) if isinstance(uris, list) else ""
    return reading.text(
        listed
        or reading.text(reading.mapping(config.get("bigquerySource")).get("inputUri"))
        or reading.text(reading.mapping(config.get("vertexMultimodalDatasetSource")).get("datasetName"))
    )


def _destination(config: Mapping[str, Any]) -> str:
    return reading.text(reading.mapping(config.get("gcsDestination")).get("outputUriPrefix")) or reading.text(
        reading.mapping(config.get("bigqueryDestination")).get("outputUri")
    )


def _output(info: Mapping[str, Any]) -> str:
    """Where results really are: the folder or the table (WIRE 2.6, 2.7), not the prefix that was asked for."""
    if folder := reading.text(info.get("gcsOutputDirectory")):
        return folder
    dataset, table = reading.text(info.get("bigqueryOutputDataset")), reading.text(info.get("bigqueryOutputTable"))
    return f"{dataset}.{table}" if dataset and table else dataset or table


def _expiry(reported: State, created: datetime | None, started: datetime | None) -> datetime | None:
    """Live jobs only: results in GCS or BigQuery are the team's own and stay."""
    if reported is State.QUEUED:
        return created + QUEUE_LIFETIME if created else None
    return started + RUN_LIFETIME if reported is State.RUNNING and started else None


KIND = ProviderKind(
    label="Vertex AI",
    connect=Vertex,
    parse_job=parse_job,
    capabilities=Capabilities(
        server_filter=True,
        labels=True,
        start_time=True,
        echoes_requests=True,
        results="Cloud Storage or BigQuery",
        job_name_hint="projects/…/batchPredictionJobs/…",
    ),
    credential_kinds=("service_account", "access_token", "adc"),
    hosts=(
        "aiplatform.googleapis.com",
        *(f"aiplatform.{place}.rep.googleapis.com" for place in MULTI_REGIONS),
        "storage.googleapis.com",
        "bigquery.googleapis.com",
    ),
    fields=("cloud_project", "location"),
    finds_requests=finds_requests,
)
