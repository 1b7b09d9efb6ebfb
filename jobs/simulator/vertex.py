"""Vertex AI's batchPredictionJobs and the operations of deletes (WIRE 2)."""

from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from jobs.simulator import texts
from jobs.simulator.accounts import VertexAccount
from jobs.simulator.call import VertexCall
from jobs.simulator.clock import stamp
from jobs.simulator.jobs import SimJob, Snapshot
from jobs.simulator.paging import job_page
from jobs.simulator.storage import output_folder, output_table
from jobs.simulator.vertex_filter import parse
from jobs.simulator.wire import WireError, camel, json_body, page_size, reply

DELETE_TYPE = "type.googleapis.com/google.cloud.aiplatform.v1.DeleteOperationMetadata"


def resource(job: SimJob, seen: Snapshot) -> dict[str, Any]:
    """The bare job of WIRE 2.3."""
    body: dict[str, Any] = {"name": job.name, "displayName": job.display_name, "model": job.model}
    body |= _ends(job) | _output_info(job, seen)
    body["state"] = f"JOB_STATE_{seen.phase}"
    if error := _error(job, seen):
        body["error"] = error
    if seen.failed and seen.terminal:
        code, message = texts.ROW_ERRORS[0]
        body["partialFailures"] = [{"code": code, "message": message}]
    if seen.started:
        body["completionStats"] = _stats(job, seen)
    if job.labels:
        body["labels"] = dict(job.labels)
    body["createTime"] = stamp(job.created)
    times = {"startTime": seen.started, "endTime": seen.ended, "updateTime": seen.updated}
    return body | {name: stamp(moment) for name, moment in times.items() if moment}


def _ends(job: SimJob) -> dict[str, Any]:
    if job.source == "bigquery":
        return {
            "inputConfig": {"instancesFormat": "bigquery", "bigquerySource": {"inputUri": job.input_name}},
            "outputConfig": {
                "predictionsFormat": "bigquery",
                "bigqueryDestination": {"outputUri": job.output_name},
            },
        }
    return {
        "inputConfig": {"instancesFormat": "jsonl", "gcsSource": {"uris": [job.input_name]}},
        "outputConfig": {
            "predictionsFormat": "jsonl",
            "gcsDestination": {"outputUriPrefix": job.output_name},
        },
    }


def _output_info(job: SimJob, seen: Snapshot) -> dict[str, Any]:
    if not seen.started or not seen.terminal:
        return {}
    if job.source != "bigquery":
        return {"outputInfo": {"gcsOutputDirectory": output_folder(job)}}
    dataset, _, table = output_table(job).rpartition(".")
    return {"outputInfo": {"bigqueryOutputDataset": dataset, "bigqueryOutputTable": table}}


def _stats(job: SimJob, seen: Snapshot) -> dict[str, str]:
    counts = {
        "successfulCount": seen.succeeded,
        "failedCount": seen.failed,
        "incompleteCount": job.requests - seen.done,
    }
    return {name: str(count) for name, count in counts.items() if count}


def _error(job: SimJob, seen: Snapshot) -> dict[str, Any]:
    if seen.phase == "CANCELLED":
        return {"code": 1, "message": "CANCELED"}
    if seen.phase != "FAILED":
        return {}
    code, message = job.error or (13, "INTERNAL")
    bucket, number = job.output_name.removeprefix("gs://").split("/")[0], job.name.split("/")[1]
    return {"code": code, "message": message.format(bucket=bucket, number=number)}


def check_parent(account: VertexAccount, project: str, permission: str) -> None:
    """Raises WireError 403 for a cloud project that is not this account's."""
    if project not in (account.cloud_project, account.cloud_number):
        place = f"'//aiplatform.googleapis.com/projects/{project}/locations/{account.location}'"
        message = f"Permission 'aiplatform.batchPredictionJobs.{permission}' denied on resource {place}"
        raise WireError(403, f"{message} (or it may not exist).")


def list_jobs(call: VertexCall, project: str, location: str) -> Response:
    check_parent(call.account, project, "list")
    if location != call.account.location:
        return reply({})
    faults, now = call.account.faults, call.now
    wanted = parse(call.request.args.get("filter", ""))
    jobs, token = job_page(
        call.account,
        call.request,
        page_size(call.request, 100, 1000),
        lambda job: wanted(resource(job, job.snapshot(now))),
    )
    items = [faults.twisted(resource(job, job.snapshot(now))) for job in jobs]
    if not call.request.args.get("pageToken"):
        items += faults.odd_jobs()
    body: dict[str, Any] = {"batchPredictionJobs": items} if items else {}
    return reply(body | ({"nextPageToken": token} if token else {}))


def _job(call: VertexCall, project: str, location: str, job_id: str, permission: str) -> SimJob:
    check_parent(call.account, project, permission)
    job = call.account.find(f"{call.account.parent}/batchPredictionJobs/{job_id}")
    if job is None or location != call.account.location:
        raise WireError(404, f"The BatchPredictionJob does not exist: projects/{project}/locations/{location}/{job_id}")
    return job


def get_job(call: VertexCall, project: str, location: str, job: str) -> Response:
    found = _job(call, project, location, job, "get")
    return reply(call.account.faults.twisted(resource(found, found.snapshot(call.now))))


def cancel_job(call: VertexCall, project: str, location: str, job: str) -> Response:
    found = _job(call, project, location, job, "cancel")
    seen = found.snapshot(call.now)
    if seen.terminal:
        raise WireError(
            400, f"The job is in state JOB_STATE_{seen.phase} and cannot be cancelled.", "FAILED_PRECONDITION"
        )
    found.cancel_at = found.cancel_at or call.now
    return reply({})


def delete_job(call: VertexCall, project: str, location: str, job: str) -> Response:
    """Only what has ended can be deleted; outputs stay in their bucket or table (WIRE 2.5)."""
    found = _job(call, project, location, job, "delete")
    if not found.snapshot(call.now).terminal:
        raise WireError(400, "The job is not in a terminal state; cancel it first.", "FAILED_PRECONDITION")
    call.account.forget(found.name)
    name = f"{call.account.parent}/operations/{found.id[::-1]}"
    call.account.operations[name] = call.now
    return reply(_operation(call.account, name))


def _operation(account: VertexAccount, name: str) -> dict[str, Any]:
    begun = account.operations[name]
    times = {"createTime": stamp(begun), "updateTime": stamp(begun)}
    body: dict[str, Any] = {"name": name, "metadata": {"@type": DELETE_TYPE, "genericMetadata": times}}
    if account.clock.now() < begun + timedelta(seconds=account.delete_seconds):
        return body
    return body | {"done": True, "response": {"@type": "type.googleapis.com/google.protobuf.Empty"}}


def get_operation(call: VertexCall, project: str, location: str, operation: str) -> Response:
    check_parent(call.account, project, "get")
    name = f"{call.account.parent}/operations/{operation}"
    if name not in call.account.operations:
        raise WireError(404, "Operation not found.")
    return reply(_operation(call.account, name))


def create(call: VertexCall, project: str, location: str) -> Response:
    check_parent(call.account, project, "create")
    if location != call.account.location:
        raise WireError(400, f"Location {location} is not served by this endpoint.")
    body = camel(json_body(call.request))
    model = str(body.get("model", ""))
    if model.startswith("publishers/google/models/") and model.rsplit("/", 1)[-1] not in texts.MODELS:
        raise WireError(404, f"The PublisherModel {model.rsplit('/', 1)[-1]} does not exist.")
    job = call.account.add_job(
        display_name=str(body.get("displayName", "")),
        model=model,
        labels=body.get("labels"),
        **_source(body),
        **call.account.fate,
    )
    return reply(resource(job, job.snapshot(call.now)))


def _source(body: dict[str, Any]) -> dict[str, Any]:
    """What add_job needs to know of input and output. Raises WireError 400 when either is missing."""
    given, wanted = body.get("inputConfig") or {}, body.get("outputConfig") or {}
    uris = (given.get("gcsSource") or {}).get("uris")
    table = (given.get("bigquerySource") or {}).get("inputUri")
    prefix = (wanted.get("gcsDestination") or {}).get("outputUriPrefix")
    output = (wanted.get("bigqueryDestination") or {}).get("outputUri")
    if uris and prefix:
        return {"source": "gcs", "input_name": uris[0], "output_name": prefix}
    if table and output:
        return {"source": "bigquery", "input_name": table, "output_name": output}
    raise WireError(400, "input_config and output_config are required and must be of the same kind.")
