"""Results of Gemini batches: a file that dies with its job, or lines inside the job itself (WIRE 1.3, 1.7, 1.8)."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import msgspec

from .base import Chunks, GoneError, Part, ProviderError, TransientError, UnaskableError
from .failures import error_of, sort_failure
from .listing import read_job
from .reading import decode, line, mapping
from .streaming import gathered, measure, skipping, stream
from .unpacking import A_JOB, Bounds
from .wire import Wire

NAME = "responses.jsonl"
INLINE = ("inlinedResponses", "inlinedEmbedContentResponses")
# One JSON document cannot be read in part: at most 256 MB, held once, with a tenth more while it is split. Values cost
# nothing, because results are cut out, not decoded.
AN_INLINE_JOB = Bounds(A_JOB.size, A_JOB.size)
PATHS = ("/v1beta/{}:download", "/download/v1beta/{}:download")  # of the SDKs, and of the guides (WIRE 1.1)
MEDIA = {"alt": "media"}
_FILE = re.compile(r"files/(?!\.+$)[A-Za-z0-9._-]+")
_BREAKS = re.compile(rb"[\r\n]+[ \t]*")
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


def parts(wire: Wire, job: str, output: str) -> list[Part]:
    """One part: the results file, found at either path, or the lines of the job at the path ``job``; else none."""
    if output == "inline":
        return [Part(NAME, job, None, resumable=False)]
    if not output:
        return []
    if not _FILE.fullmatch(output):
        raise UnaskableError("This results file's name is not one that Gemini can be asked for.")
    first, second = (path.format(output) for path in PATHS)
    try:
        return [_file(wire, first)]
    except ProviderError as exc:
        if exc.status != 404:
            raise
        return [_file_after(exc, wire, second)]


def read(wire: Wire, part: Part, start: int) -> Chunks:
    """The bytes of a part from ``start`` on."""
    if part.locator.endswith(":download"):
        with _sure_of_the_key(wire):
            yield from stream(_for_files(wire), part.locator, MEDIA, start=start, size=part.size)
    else:
        answer = wire.get(part.locator, bounds=AN_INLINE_JOB)
        yield from skipping(gathered(inline_lines(read_job(answer, part.locator).body)), start)


def _file(wire: Wire, path: str) -> Part:
    with _sure_of_the_key(wire):
        size, resumable = measure(_for_files(wire), path, MEDIA)
    return Part(NAME, path, size, resumable)


def _file_after(missing: ProviderError, wire: Wire, path: str) -> Part:
    try:
        return _file(wire, path)
    except ProviderError as exc:
        if exc.status == 404 and isinstance(missing, GoneError):
            raise missing from exc
        raise


def _for_files(wire: Wire) -> Wire:
    return replace(wire, sort=sort_file_failure)


def sort_file_failure(status: int, headers: httpx.Headers, body: bytes, **asked: Any) -> ProviderError:
    """A missing or expired file is a 403 (WIRE 1.7)."""
    if status == 403 and (error := error_of(body)):
        message = line(error.get("message"), 300).rstrip(".") or "HTTP 403"
        return GoneError(f"The results file is not there any more ({message}): Gemini keeps it 48 hours.", status=403)
    return sort_failure(status, headers, body, **asked)


@contextmanager
def _sure_of_the_key(wire: Wire) -> Iterator[None]:
    """Before a file counts as gone by a 403, a list tells whether the key is one at all: raise its CredentialError."""
    try:
        yield
    except GoneError as exc:
        if exc.status == 403:
            wire.get("/v1beta/batches", {"pageSize": "1"}, listing=True)
        raise


def inline_lines(body: bytes) -> Iterator[bytes]:
    """Each response of a job as its exact JSON, but on one line: breaks between tokens are left out.

    Raise GoneError when the job holds none, TransientError when ``body`` is no JSON.
    """
    try:
        items = _cut_out(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        items = _leniently(body)
    for item in items:
        yield _BREAKS.sub(b"", bytes(item)) + b"\n"


def _cut_out(body: bytes) -> Iterable[bytes | msgspec.Raw]:
    operation = _object.decode(body)
    for keys in (("metadata", "output"), ("response",)):
        output = _below(operation, keys)
        for field in INLINE:
            if field in output:
                return _listed(output[field])
    raise GoneError("The job holds no results any more: they were deleted or have expired there.")


def _below(parts: dict[str, msgspec.Raw], keys: Iterable[str]) -> dict[str, msgspec.Raw]:
    for key in keys:
        parts = _members(parts.get(key))
    return parts


def _members(value: msgspec.Raw | None) -> dict[str, msgspec.Raw]:
    try:
        return _object.decode(value) if value is not None else {}
    except msgspec.ValidationError:  # another thing than an object
        return {}


def _listed(value: msgspec.Raw) -> list[msgspec.Raw]:
    """The responses in ``{"inlinedResponses": […]}``, as they are nested (WIRE 1.3), or in the list alone."""
    inner = _members(value).get("inlinedResponses")
    try:
        return _list.decode(value if inner is None else inner)
    except msgspec.ValidationError:
        return []


def _leniently(body: bytes) -> list[bytes]:
    """What the strict decoder refuses (NaN, lone surrogates), written anew."""
    operation = mapping(decode(body))
    if not operation:
        raise TransientError("The provider's answer is not a job; it is asked again later.")
    for output in (mapping(mapping(operation.get("metadata")).get("output")), mapping(operation.get("response"))):
        for field in INLINE:
            if field in output:
                return [json.dumps(item).encode() for item in _responses(output[field])]
    raise GoneError("The job holds no results any more: they were deleted or have expired there.")


def _responses(value: Any) -> list[Any]:
    inner = value.get("inlinedResponses") if isinstance(value, Mapping) else value
    return inner if isinstance(inner, list) else []
