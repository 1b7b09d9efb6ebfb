"""One line of results as a person reads it: what was asked, what was answered, what went wrong (WIRE 1.8, 2.6, 2.7).

Reading is total: any bytes give something to show, and what is left out is said.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from . import long_values

PARSED_AT_MOST = 8_000_000  # bytes; a longer line would cost a page too much memory
SHOWN_AT_MOST = 100_000  # characters of one text
MOST_PIECES = 100
KEYS = ("key", "custom_id", "id")


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a turn. ``kind``: text, json, thought, call, data or other; ``label`` says which, ``text`` what."""

    kind: str
    label: str
    text: str
    cut: int = 0

    @property
    def cut_words(self) -> str:
        return f"{self.cut:,}"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said; ``note`` is a finish reason or a block reason."""

    role: str
    pieces: list[Piece]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """Request or response: its turns, its settings or the rest as pairs, and all of it as JSON."""

    turns: list[Turn]
    rest: list[tuple[str, str]]
    json: Piece


@dataclass(frozen=True, slots=True)
class Shown:
    request: Side | None = None
    response: Side | None = None
    error: str = ""
    embedding: Sequence[float] = ()
    raw: Piece | None = None

    @property
    def norm(self) -> float:
        """Length of the embedding; infinite where its numbers are out of bounds."""
        try:
            return math.hypot(*self.embedding)
        except OverflowError:
            return math.inf


def show(line: bytes) -> Shown:
    """What ``line`` says. Lines that are not JSON objects, or too long, come as they are."""
    item = _parsed(line) if len(line) <= PARSED_AT_MOST else None
    if not isinstance(item, dict):
        return Shown(raw=_piece("text", "", line[: 4 * SHOWN_AT_MOST].decode(errors="replace"), all_of=len(line)))
    response = _unpacked(item.get("response", {} if {"request", "error", "status"} & item.keys() else item))
    return Shown(
        request=request_side(item["request"]) if "request" in item else None,
        response=_response_side(response) if response else None,
        error=_error(item),
        embedding=_embedding(response),
        raw=whole(line),
    )


def request_of(line: bytes) -> Side | None:
    """The request in a line of an input file: under ``request``, or the line itself."""
    item = _parsed(line) if len(line) <= PARSED_AT_MOST else None
    return request_side(item.get("request", item)) if isinstance(item, dict) else None


def request_side(value: Any) -> Side:
    value = _unpacked(value)
    if not isinstance(value, dict):
        return Side([], [], whole(_encoded(value)))
    asked = list(_turns(value))
    rest = {name: each for name, each in value.items() if name not in _SPOKEN and each not in (None, [], {})}
    return Side(asked, _pairs(rest), whole(_encoded(value)))


_SPOKEN = frozenset(("contents", "content", "systemInstruction", "system_instruction"))


def _turns(request: Mapping[str, Any]) -> Iterator[Turn]:
    system = _either(request, "systemInstruction", "system_instruction")
    if system:
        yield Turn("system", list(_pieces(system)))
    contents = request.get("contents", request.get("content", []))
    for content in contents if isinstance(contents, list) else [contents]:
        role = str(content.get("role") or "user") if isinstance(content, dict) else "user"
        yield Turn(role, list(_pieces(content)))


def _response_side(response: Any) -> Side:
    if not isinstance(response, dict):
        return Side([], [], whole(_encoded(response)))
    rest = {name: value for name, value in response.items() if name not in ("candidates", "embedding", "embeddings")}
    return Side(
        [_answer(nth, each) for nth, each in enumerate(_list(response, "candidates"))],
        _pairs(rest),
        whole(_encoded(response)),
    )


def _answer(nth: int, candidate: Any) -> Turn:
    if not isinstance(candidate, dict):
        return Turn("model", [_as_json("", candidate)])
    note = str(_either(candidate, "finishReason", "finish_reason") or "")
    return Turn("model" if nth == 0 else f"candidate {nth + 1}", list(_pieces(candidate.get("content"))), note)


def _pieces(content: Any) -> Iterator[Piece]:
    """The parts of a content, in any of the forms that are accepted: text alone, a list, an object with parts."""
    parts = content.get("parts", [content]) if isinstance(content, dict) else content
    for part in (parts if isinstance(parts, list) else [parts])[:MOST_PIECES]:
        if part not in (None, {}):
            yield _part(part)


def _part(part: Any) -> Piece:
    if isinstance(part, str):
        return _text(part)
    if not isinstance(part, dict):
        return _as_json("", part)
    if isinstance(text := part.get("text"), str):
        return _piece("thought", "thought", text) if part.get("thought") is True else _text(text)
    if isinstance(blob := _either(part, "inlineData", "inline_data"), dict):
        return Piece("data", _data_label(blob), "")
    if isinstance(file := _either(part, "fileData", "file_data"), dict):
        uri = _either(file, "fileUri", "file_uri")
        return _piece("data", f"{_mime(file)}, a file:", str(uri or "without an address"))
    label, value = next(iter(part.items()), ("", None))
    return _as_json(label, value if len(part) == 1 else part)


def _text(text: str) -> Piece:
    """Text, or JSON with line breaks where the text is that as a whole."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _piece("json", "JSON", msgspec.json.format(text.encode(), indent=2).decode())
        except (ValueError, RecursionError):
            pass
    return _piece("text", "", text)


def whole(raw: bytes) -> Piece:
    """JSON with line breaks, its long values named by size; anything else as it is."""
    try:
        text = msgspec.json.format(raw, indent=2).decode()
    except (ValueError, RecursionError):
        text = raw.decode(errors="replace")
    return _piece("json", "JSON", long_values.shorten(text))


def _as_json(label: str, value: Any) -> Piece:
    return _piece("call", label, long_values.shorten(whole(_encoded(value)).text))


def _piece(kind: str, label: str, text: str, *, all_of: int = 0) -> Piece:
    cut = max(all_of, len(text)) - SHOWN_AT_MOST
    return Piece(kind, label, text[:SHOWN_AT_MOST], max(cut, 0))


def _data_label(blob: Mapping[str, Any]) -> str:
    """`image/png, 123 KB`: four signs of base64 are three bytes."""
    data = blob.get("data")
    return f"{_mime(blob)}, {long_values.size_words(len(data) * 3 // 4 if isinstance(data, str) else 0)}"


def _mime(blob: Mapping[str, Any]) -> str:
    return str(_either(blob, "mimeType", "mime_type") or "data")[:100]


def _error(item: Mapping[str, Any]) -> str:
    """What went wrong in one line: of an error object, of Vertex' status, of a bare status object."""
    error = item.get("error")
    if isinstance(error, dict):
        words = [str(error[name]) for name in ("status", "code", "message") if error.get(name) not in (None, "")]
        return " · ".join(words)[:SHOWN_AT_MOST] or whole(_encoded(error)).text
    if error:
        return str(error)[:SHOWN_AT_MOST]
    if "message" in item and "code" in item and "response" not in item:
        return _error({"error": dict(item)})
    status = item.get("status")
    return status[:SHOWN_AT_MOST] if isinstance(status, str) else ""


def _embedding(response: Any) -> Sequence[float]:
    """The first embedding of a response, if its values are numbers."""
    if not isinstance(response, dict):
        return ()
    found = response.get("embedding") or next(iter(_list(response, "embeddings")), None)
    values = found.get("values") if isinstance(found, dict) else found
    if isinstance(values, list) and values and all(type(value) in (int, float) for value in values):
        return [_float(value) for value in values]
    return ()


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _pairs(rest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and short values: what is nested is said as JSON on one line."""
    named = [(name, value if isinstance(value, str) else _encoded(value).decode()) for name, value in rest.items()]
    return [(name[:100], value[:1_000]) for name, value in named[:MOST_PIECES]]


def _list(value: Mapping[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found[:MOST_PIECES] if isinstance(found, list) else []


def _either(value: Mapping[str, Any], camel: str, snake: str) -> Any:
    return value.get(camel, value.get(snake))


def _unpacked(value: Any) -> Any:
    """BigQuery keeps objects as JSON text."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return _parsed(value.encode(errors="replace")) or value
    return value


def _parsed(raw: bytes) -> Any:
    """JSON as Python has it; half a surrogate and numbers out of bounds are taken too, None for what is not JSON."""
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(raw.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        return None


def _encoded(value: Any) -> bytes:
    """Half surrogates cannot be written as UTF-8: they stay escaped."""
    try:
        return msgspec.json.encode(value)
    except (ValueError, RecursionError, OverflowError):
        return _tolerant(value)


def _tolerant(value: Any) -> bytes:
    try:
        return json.dumps(value).encode()
    except RecursionError:
        return b"nested too deeply to show"
