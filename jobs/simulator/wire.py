"""What all the simulated services share: answers, errors, page tokens, byte ranges."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from werkzeug.http import parse_range_header
from werkzeug.wrappers import Request, Response

from jobs.simulator.results import Blob

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    416: "OUT_OF_RANGE",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
REASONS = {
    400: "invalid",
    401: "required",
    403: "forbidden",
    404: "notFound",
    416: "requestedRangeNotSatisfiable",
}
JSON_TYPE = "application/json; charset=UTF-8"


@dataclass
class WireError(Exception):
    """An answer that is not 200. ``reason``: the older error list of GCS and BigQuery is wanted (WIRE 3)."""

    status: int
    message: str
    name: str = ""
    details: list[dict[str, Any]] = field(default_factory=list)
    old_style: bool = False

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.status, "message": self.message}
        error["status"] = self.name or STATUS_NAMES.get(self.status, "UNKNOWN")
        if self.details:
            error["details"] = self.details
        if self.old_style:
            reason = REASONS.get(self.status, "backendError")
            error["errors"] = [{"message": self.message, "domain": "global", "reason": reason}]
        return {"error": error}

    def response(self) -> Response:
        return reply(self.body(), self.status)


def reply(body: object, status: int = 200) -> Response:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(content, status, content_type=JSON_TYPE)


def json_body(request: Request) -> dict[str, Any]:
    """The body as an object whatever its Content-Type says; an empty one is {}. Raises WireError 400."""
    raw = request.get_data()
    try:
        body = msgspec.json.decode(raw) if raw.strip() else {}
    except msgspec.DecodeError as error:
        raise WireError(400, f"Invalid JSON payload received. {error}") from error
    if not isinstance(body, dict):
        raise WireError(400, "Invalid JSON payload received. Expected an object.")
    return body


def camel(value: Any, untouched: frozenset[str] = frozenset({"request", "metadata", "labels"})) -> Any:
    """Keys in camelCase at every level: proto JSON accepts snake_case too. People's own maps stay."""
    if isinstance(value, list):
        return [camel(item, untouched) for item in value]
    if not isinstance(value, dict):
        return value
    return {_camel(key): item if key in untouched else camel(item, untouched) for key, item in value.items()}


def _camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def page_size(request: Request, default: int, most: int, name: str = "pageSize") -> int:
    """Raises WireError 400 for what is no number; out of range is drawn in, as the APIs do."""
    raw = request.args.get(name, "") or "0"
    try:
        wanted = int(raw)
    except ValueError as error:
        raise WireError(400, f"Invalid value at '{name}': {raw!r} is not a number.") from error
    return min(wanted, most) if wanted > 0 else default


def make_token(*parts: str) -> str:
    return base64.urlsafe_b64encode("\x1f".join(parts).encode()).decode().rstrip("=")


def read_token(token: str, count: int) -> list[str]:
    """The parts of a page token. Raises WireError 400."""
    try:
        parts = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split("\x1f")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise WireError(400, "Request contains an invalid argument: the page token is not valid.") from error
    if len(parts) != count:
        raise WireError(400, "Request contains an invalid argument: the page token is not valid.")
    return parts


@dataclass(frozen=True)
class FileBlob:
    """A file on disk as a Blob."""

    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        with self.path.open("rb") as stream:
            stream.seek(start)
            while start < stop and (chunk := stream.read(min(256 * 1024, stop - start))):
                start += len(chunk)
                yield chunk


def media(request: Request, blob: Blob, content_type: str, extra: Mapping[str, str] | None = None) -> Response:
    """The bytes, whole (200) or the asked range (206). Raises WireError 416 past the end."""
    size = blob.size
    start, stop, status = 0, size, 200
    if wanted := parse_range_header(request.headers.get("Range")):
        span = wanted.range_for_length(size)
        if span is None:
            raise WireError(416, "Requested range not satisfiable", old_style=True)
        start, stop, status = span[0], min(span[1], size), 206
    headers = {"Content-Length": str(stop - start), "Accept-Ranges": "bytes"} | dict(extra or {})
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return Response(blob.chunks(start, stop), status, headers, content_type=content_type)


def moment(text: str) -> datetime:
    """An RFC 3339 time. Raises WireError 400."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise WireError(400, f"{text!r} is not a timestamp.") from error
