"""The Gemini Developer API's batches and models (WIRE 1.1 - 1.6)."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from werkzeug.wrappers import Response

from jobs.simulator import texts
from jobs.simulator.accounts import GeminiAccount
from jobs.simulator.call import GeminiCall
from jobs.simulator.clock import nano_stamp
from jobs.simulator.files import LIFE, no_file
from jobs.simulator.jobs import SimJob, Snapshot
from jobs.simulator.paging import job_page
from jobs.simulator.results import Blob, Bytes, Lines, answered
from jobs.simulator.wire import FileBlob, WireError, camel, json_body, media, page_size, reply

TYPES = "type.googleapis.com/google.ai.generativelanguage.v1main."
NOT_FOUND = "Requested entity was not found."


def operation(job: SimJob, seen: Snapshot, inline: bool) -> dict[str, Any]:
    """The envelope of WIRE 1.3; ``inline``: with inlined results, as only GET has them."""
    kind = "EmbedContentBatch" if job.embeds else "GenerateContentBatch"
    metadata: dict[str, Any] = {
        "@type": TYPES + kind,
        "name": job.name,
        "model": job.model,
        "displayName": job.display_name,
    }
    body: dict[str, Any] = {"name": job.name, "metadata": metadata}
    metadata |= _metadata(job, seen)
    if not seen.terminal:
        return body
    body["done"] = True
    if seen.phase == "SUCCEEDED":
        output = _output(job, inline)
        metadata |= {"output": output} if output else {}
        body["response"] = {"@type": f"{TYPES}{kind}Output"} | output
    elif error := _error(job, seen):
        body["error"] = error
    return body


def _metadata(job: SimJob, seen: Snapshot) -> dict[str, Any]:
    fields: dict[str, Any] = {"inputConfig": {"fileName": job.input_name}} if job.input_name else {}
    fields["createTime"] = nano_stamp(job.created)
    if seen.ended:
        fields["endTime"] = nano_stamp(seen.ended)
    fields["updateTime"] = nano_stamp(seen.updated)
    fields["batchStats"] = _stats(job, seen)
    fields["state"] = f"BATCH_STATE_{seen.phase}"
    if job.priority:
        fields["priority"] = str(job.priority)
    return fields


def _stats(job: SimJob, seen: Snapshot) -> dict[str, str]:
    counts = {
        "requestCount": job.requests,
        "successfulRequestCount": seen.succeeded,
        "failedRequestCount": seen.failed,
        "pendingRequestCount": job.requests - seen.done,
    }
    return {name: str(count) for name, count in counts.items() if count}


def _error(job: SimJob, seen: Snapshot) -> dict[str, Any]:
    if seen.phase == "CANCELLED":
        return {"code": 1, "message": "The operation was cancelled."}
    code, message = job.error or (13, "Internal error encountered.")
    return {"code": code, "message": message} if seen.phase == "FAILED" else {}


def _output(job: SimJob, inline: bool) -> dict[str, Any]:
    if job.source != "inline":
        return {"responsesFile": job.output_name}
    if not inline:
        return {}
    requests = job.inline if job.inline is not None else _seeded_requests(job)
    field = "inlinedEmbedContentResponses" if job.embeds else "inlinedResponses"
    return {field: {"inlinedResponses": list(answered(job, requests))}}


def _seeded_requests(job: SimJob) -> Iterator[dict[str, Any]]:
    return ({"metadata": {"key": f"request-{number}"}} for number in range(job.requests))


def list_batches(call: GeminiCall) -> Response:
    """Newest first, without inlined results."""
    jobs, token = job_page(call.account, call.request, page_size(call.request, 50, 1000))
    faults = call.account.faults
    operations = [faults.twisted(operation(job, job.snapshot(call.now), inline=False)) for job in jobs]
    if not call.request.args.get("pageToken"):
        operations += faults.odd_jobs()
    body: dict[str, Any] = {"operations": operations} if operations else {}
    return reply(body | ({"nextPageToken": token} if token else {}))


def _batch(account: GeminiAccount, batch: str) -> SimJob:
    job = account.find(f"batches/{batch}")
    if job is None:
        raise WireError(404, NOT_FOUND)
    return job


def get_batch(call: GeminiCall, batch: str) -> Response:
    job = _batch(call.account, batch)
    return reply(call.account.faults.twisted(operation(job, job.snapshot(call.now), inline=True)))


def cancel_batch(call: GeminiCall, batch: str) -> Response:
    job = _batch(call.account, batch)
    seen = job.snapshot(call.now)
    if seen.terminal:
        raise WireError(400, f"Batch is already in state BATCH_STATE_{seen.phase}.", "FAILED_PRECONDITION")
    job.cancel_at = job.cancel_at or call.now
    return reply({})


def delete_batch(call: GeminiCall, batch: str) -> Response:
    call.account.forget(_batch(call.account, batch).name)
    return reply({})


def create(call: GeminiCall, model: str) -> Response:
    return _create(call, model, embeds=False)


def create_embeddings(call: GeminiCall, model: str) -> Response:
    return _create(call, model, embeds=True)


def _create(call: GeminiCall, model: str, embeds: bool) -> Response:
    batch = camel(json_body(call.request)).get("batch") or {}
    if model.startswith("models/") and model.removeprefix("models/") not in texts.MODELS:
        raise WireError(404, f"{model} is not found for API version v1beta, or is not supported for this method.")
    fate = {"display_name": batch.get("displayName", ""), "priority": int(batch.get("priority", 0))}
    source = _source(call.account, batch.get("inputConfig") or {})
    job = call.account.add_job(model=model, **fate, **source, **call.account.fate)
    job.embeds = embeds
    return reply(operation(job, job.snapshot(call.now), inline=False))


def _source(account: GeminiAccount, config: dict[str, Any]) -> dict[str, Any]:
    """What add_job needs to know of the input. Raises WireError 400 when there is none."""
    if name := config.get("fileName"):
        file = account.files.get(str(name).removeprefix("files/"))
        if file.path is None:
            return {"source": "file", "input_name": name, "requests": file.job.requests if file.job else 0}
        with file.path.open("rb") as lines:
            count = sum(1 for _ in uploaded_requests(lines))
        return {"source": "file", "input_name": name, "requests": count, "upload": file.path}
    requests = (config.get("requests") or {}).get("requests")
    if requests is None:
        raise WireError(400, "Either file_name or requests must be set in input_config.")
    return {"source": "inline", "inline": requests, "requests": len(requests)}


def uploaded_requests(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The rows of an uploaded JSONL file. Raises WireError 400 naming the first bad line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise WireError(400, f"Failed to parse the input file: line {number} is not valid JSON.") from error
        if not isinstance(row, dict) or not {"request", "contents", "content"} & row.keys():
            raise WireError(400, f"Failed to parse the input file: line {number} holds no request.")
        yield row


def download(call: GeminiCall, file: str) -> Response:
    """A batch's output; uploads cannot be downloaded (WIRE 1.7)."""
    if not file.startswith("batch-"):
        call.account.files.get(file)
        raise WireError(400, "Only generated files can be downloaded.")
    name = f"batches/{file.removeprefix('batch-')}"
    if name in call.account.deleted:
        raise WireError(404, NOT_FOUND)
    job = call.account.find(name)
    seen = job.snapshot(call.now) if job else None
    if job is None or seen is None or seen.phase != "SUCCEEDED" or job.source == "inline":
        raise no_file(file)
    if seen.ended and seen.ended + LIFE <= call.now:
        raise no_file(file)
    return media(call.request, results(call.account, job), "application/octet-stream")


def results(account: GeminiAccount, job: SimJob) -> Blob:
    """The output file: written once for a real upload (its keys are its own), arithmetic for a seeded job."""
    if job.content is not None:
        return Bytes(job.content)
    if job.upload is None:
        return Lines(job, job.requests)
    path = account.files.scratch.path(f"results-{job.id}")
    if not path.exists():
        with job.upload.open("rb") as rows, path.open("wb") as target:
            for item in answered(job, uploaded_requests(rows)):
                target.write(msgspec.json.encode(item) + b"\n")
    return FileBlob(path)


def model_json(name: str) -> dict[str, Any]:
    embeds = "embedding" in name
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "inputTokenLimit": 2048 if embeds else 1_048_576,
        "outputTokenLimit": 1 if embeds else 65_536,
        "supportedGenerationMethods": ["embedContent", "countTokens", "asyncBatchEmbedContent"]
        if embeds
        else ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"],
    }


def list_models(call: GeminiCall) -> Response:
    return reply({"models": [model_json(name) for name in texts.MODELS]})


def get_model(call: GeminiCall, model: str) -> Response:
    if model not in texts.MODELS:
        raise WireError(404, f"Model is not found: models/{model} for api version v1beta")
    return reply(model_json(model))
