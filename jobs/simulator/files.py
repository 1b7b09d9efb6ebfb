"""The Gemini Files API: resumable upload, get, list, delete (WIRE 1.7)."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from jobs.simulator.clock import Clock, nano_stamp
from jobs.simulator.jobs import SimJob
from jobs.simulator.results import RequestLines
from jobs.simulator.scratch import Scratch
from jobs.simulator.seeds import word
from jobs.simulator.wire import WireError, camel, json_body, make_token, page_size, read_token, reply

if TYPE_CHECKING:
    from jobs.simulator.call import GeminiCall

LIFE = timedelta(hours=48)
CUSTOM_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass
class File:
    """An uploaded file; one that belongs to a seeded job has no bytes, only the size they would have."""

    id: str
    created: datetime
    mime_type: str = "application/jsonl"
    display_name: str = ""
    path: Path | None = None
    digest: str = ""
    job: SimJob | None = None

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path else RequestLines(self.job).size if self.job else 0

    def json(self, base_url: str) -> dict[str, Any]:
        body = {
            "name": f"files/{self.id}",
            "displayName": self.display_name,
            "mimeType": self.mime_type,
            "sizeBytes": str(self.size),
            "createTime": nano_stamp(self.created),
            "updateTime": nano_stamp(self.created),
            "expirationTime": nano_stamp(self.created + LIFE),
            "sha256Hash": base64.b64encode((self.digest or "0" * 64).encode()).decode(),
            "uri": f"{base_url}/v1beta/files/{self.id}",
            "state": "ACTIVE",
            "source": "UPLOADED",
        }
        return {key: value for key, value in body.items() if value}


@dataclass
class Upload:
    """A resumable upload under way; ``received`` bytes so far."""

    file: File
    path: Path
    received: int = 0
    digest: Any = field(default_factory=hashlib.sha256)


class FileStore:
    def __init__(self, seed: str, clock: Clock, scratch: Scratch) -> None:
        self.seed, self.clock, self.scratch = seed, clock, scratch
        self.files: dict[str, File] = {}
        self.uploads: dict[str, Upload] = {}
        self.begun = 0

    def get(self, file_id: str) -> File:
        """Raises WireError 400 for long ids, 403 when it is missing, expired or somebody else's."""
        if len(file_id) > 40:
            message = f"The file id (name without the prefix `files/`) cannot exceed 40 characters: {file_id}"
            raise WireError(400, message)
        file = self.files.get(file_id)
        if file is None or file.created + LIFE <= self.clock.now():
            raise no_file(file_id)
        return file

    def alive(self) -> list[File]:
        now = self.clock.now()
        alive = [file for file in self.files.values() if file.created <= now < file.created + LIFE]
        return sorted(alive, key=lambda file: (file.created, file.id), reverse=True)

    def begin(self, wanted: dict[str, Any], mime_type: str) -> str:
        """Open an upload; its id. Raises WireError 400 for a bad name."""
        self.begun += 1
        file_id = str(wanted.get("name", "")).removeprefix("files/") or word(12, self.seed, "file", self.begun)
        if not CUSTOM_ID.fullmatch(file_id):
            raise WireError(
                400, "The file id may hold up to 40 of a-z, 0-9 and '-', and neither begin nor end with '-'."
            )
        upload_id = word(48, self.seed, "upload", self.begun)
        file = File(
            file_id,
            self.clock.now(),
            str(wanted.get("mimeType") or mime_type),
            str(wanted.get("displayName", "")),
        )
        self.uploads[upload_id] = Upload(file, self.scratch.path(upload_id))
        self.uploads[upload_id].path.touch()
        return upload_id

    def receive(self, upload_id: str, request: Request) -> File | None:
        """Take a chunk; the file when it was the last. Raises WireError 400 for a wrong offset."""
        upload = self.uploads[upload_id]
        commands = request.headers.get("X-Goog-Upload-Command", "")
        if request.headers.get("X-Goog-Upload-Offset", "0") != str(upload.received):
            raise WireError(400, f"The upload continues at offset {upload.received}.")
        with upload.path.open("ab") as target:
            while chunk := request.stream.read(256 * 1024):
                upload.digest.update(chunk)
                upload.received += target.write(chunk)
        return self._finalize(upload_id) if "finalize" in commands else None

    def _finalize(self, upload_id: str) -> File:
        upload = self.uploads.pop(upload_id)
        file = upload.file
        file.created, file.path, file.digest = self.clock.now(), upload.path, upload.digest.hexdigest()
        self.files[file.id] = file
        return file


def no_file(file_id: str) -> WireError:
    return WireError(403, f"You do not have permission to access the File {file_id} or it may not exist.")


def start_upload(call: "GeminiCall") -> Response:
    wanted = camel(json_body(call.request)).get("file") or {}
    mime_type = call.request.headers.get("X-Goog-Upload-Header-Content-Type", "application/octet-stream")
    upload_id = call.account.files.begin(wanted, mime_type)
    response = reply({})
    response.headers["X-Goog-Upload-Status"] = "active"
    response.headers["X-Goog-Upload-URL"] = (
        f"{call.base_url}/upload/v1beta/files?upload_id={upload_id}&upload_protocol=resumable"
    )
    return response


def upload(call: "GeminiCall") -> Response:
    """Step one has no upload_id, the later ones have (and no key)."""
    upload_id = call.request.args.get("upload_id")
    if not upload_id:
        return start_upload(call)
    file = call.account.files.receive(upload_id, call.request)
    response = reply({"file": file.json(call.base_url)} if file else {})
    response.headers["X-Goog-Upload-Status"] = "final" if file else "active"
    return response


def list_files(call: "GeminiCall") -> Response:
    size = page_size(call.request, 10, 100)
    token = call.request.args.get("pageToken")
    skip = int(read_token(token, 1)[0]) if token else 0
    alive = call.account.files.alive()
    body: dict[str, Any] = {"files": [file.json(call.base_url) for file in alive[skip : skip + size]]}
    if len(alive) > skip + size:
        body["nextPageToken"] = make_token(str(skip + size))
    return reply(body if alive else {})


def get_file(call: "GeminiCall", file_id: str) -> Response:
    return reply(call.account.files.get(file_id).json(call.base_url))


def delete_file(call: "GeminiCall", file_id: str) -> Response:
    call.account.files.get(file_id)
    del call.account.files.files[file_id]
    return reply({})
