"""Reading a bucket over the GCS JSON API (WIRE 3.1)."""

import hashlib
from itertools import islice
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Response

from jobs.simulator.call import VertexCall
from jobs.simulator.clock import stamp
from jobs.simulator.results import Blob
from jobs.simulator.wire import WireError, make_token, media, page_size, read_token, reply


def _blob(call: VertexCall, bucket: str, name: str) -> Blob:
    _check(call, bucket)
    blob = call.account.storage.blob(name)
    wanted = call.request.args.get("generation")
    if blob is None or wanted not in (None, _generation(call, name)):
        raise WireError(404, f"No such object: {bucket}/{name}", old_style=True)
    return blob


def _generation(call: VertexCall, name: str) -> str:
    return str(int(call.account.storage.written(name).timestamp() * 1_000_000))


def _check(call: VertexCall, bucket: str) -> None:
    """Raises WireError 404 for a bucket that is not this account's, 403 for one that it may not read."""
    if bucket != call.account.bucket:
        raise WireError(404, "The specified bucket does not exist.", old_style=True)
    if call.account.storage.closed:
        right = "storage.objects.list access to the Google Cloud Storage bucket"
        raise WireError(403, f"batch@{call.account.cloud_project} does not have {right}.", old_style=True)


def object_json(call: VertexCall, bucket: str, name: str) -> dict[str, Any]:
    """The metadata; without hashes, which would have to be computed over gigabytes."""
    written = call.account.storage.written(name)
    generation = _generation(call, name)
    address = f"storage/v1/b/{bucket}/o/{quote(name, safe='')}"
    blob = _blob(call, bucket, name)
    return {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/{generation}",
        "selfLink": f"{call.base_url}/{address}",
        "mediaLink": f"{call.base_url}/download/{address}?generation={generation}&alt=media",
        "name": name,
        "bucket": bucket,
        "generation": generation,
        "metageneration": "1",
        "contentType": "application/octet-stream",
        "storageClass": "STANDARD",
        "size": str(blob.size),
        "etag": hashlib.sha256(f"{name}{generation}".encode()).hexdigest()[:16],
        "timeCreated": stamp(written),
        "updated": stamp(written),
    }


def get_bucket(call: VertexCall, bucket: str) -> Response:
    _check(call, bucket)
    link = f"{call.base_url}/storage/v1/b/{bucket}"
    body = {
        "kind": "storage#bucket",
        "id": bucket,
        "name": bucket,
        "selfLink": link,
        "storageClass": "STANDARD",
    }
    return reply(body | {"location": call.account.location.upper(), "projectNumber": call.account.cloud_number})


def get_object(call: VertexCall, bucket: str, name: str) -> Response:
    blob = _blob(call, bucket, name)
    if call.request.args.get("alt") != "media":
        return reply(object_json(call, bucket, name))
    return media(call.request, blob, "application/octet-stream")


def list_objects(call: VertexCall, bucket: str) -> Response:
    """Objects under a prefix; with a delimiter those below it are folded into prefixes."""
    _check(call, bucket)
    args = call.request.args
    size = page_size(call.request, 1000, 1000, "maxResults")
    prefix, delimiter = args.get("prefix", ""), args.get("delimiter", "")
    token = args.get("pageToken")
    after = read_token(token, 1)[0] if token else args.get("startOffset", "")
    names = list(islice(call.account.storage.names(prefix, after), size + 1))
    folded = [_folded(name, prefix, delimiter) for name in names[:size]]
    body: dict[str, Any] = {"kind": "storage#objects"}
    if items := [object_json(call, bucket, name) for name in folded if not delimiter or not name.endswith(delimiter)]:
        body["items"] = items
    if delimiter and (prefixes := sorted({name for name in folded if name.endswith(delimiter)})):
        body["prefixes"] = prefixes
    if len(names) > size:
        body["nextPageToken"] = make_token(names[size - 1])
    return reply(body)


def _folded(name: str, prefix: str, delimiter: str) -> str:
    below = name.removeprefix(prefix)
    if not delimiter or delimiter not in below:
        return name
    return prefix + below.split(delimiter)[0] + delimiter
