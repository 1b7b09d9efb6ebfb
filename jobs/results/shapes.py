"""The shapes of result lines, each field only as far as a class, a key or a token count needs it (WIRE 1.8, 2.6, 4).

``read`` decodes what has these types at once; what is odd goes by way of plain values, field by field, so that one
wrong type costs that field, not the line.
"""

import json
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

NOTHING = Raw()
_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Broken(ValueError):
    """Not a JSON object."""


class Part(Struct, gc=False):
    """A part of an answer; those without text carry a picture, a call or code."""

    text: str = ""
    thought: bool = False
    inlineData: Raw = NOTHING
    fileData: Raw = NOTHING
    functionCall: Raw = NOTHING
    executableCode: Raw = NOTHING
    codeExecutionResult: Raw = NOTHING


class Content(Struct, gc=False):
    parts: list[Part] | None = None


class Candidate(Struct, gc=False):
    content: Content | None = None
    finishReason: str | None = None


class Usage(Struct, gc=False):
    """Gemini's names, and the OpenAI layer's."""

    promptTokenCount: int | None = 0
    candidatesTokenCount: int | None = 0
    thoughtsTokenCount: int | None = 0
    cachedContentTokenCount: int | None = 0
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: Raw = NOTHING


class Feedback(Struct, gc=False):
    blockReason: str | None = None


class Vector(Struct, gc=False):
    values: list[float] | None = None


class Message(Struct, gc=False):
    content: str | None = None
    tool_calls: Raw = NOTHING


class Choice(Struct, gc=False):
    message: Message | None = None
    finish_reason: str | None = None


class OpenVector(Struct, gc=False):
    embedding: list[float] | None = None


class OpenBody(Struct, gc=False):
    """The body of an answer in the OpenAI layer's form."""

    choices: list[Choice] | None = None
    data: list[OpenVector] | None = None
    usage: Usage | None = None
    error: Raw = NOTHING


class Response(Struct, gc=False):
    candidates: list[Candidate] | None = None
    promptFeedback: Feedback | None = None
    usageMetadata: Usage | None = None
    embedding: Vector | None = None
    tokenCount: int | None = 0
    status_code: int | None = None
    body: OpenBody | None = None


class Metadata(Struct, gc=False):
    key: str | int | float | None = None
    custom_id: str | int | float | None = None
    id: str | int | float | None = None


class Item(Response, gc=False):
    """One line. Without ``response`` it may be an answer or a status itself (WIRE 1.8)."""

    key: str | int | float | None = None
    custom_id: str | int | float | None = None
    id: str | int | float | None = None
    metadata: Metadata | None = None
    response: Response | str | UnsetType | None = UNSET
    error: Raw = NOTHING
    status: Raw = NOTHING
    request: Raw = NOTHING
    code: int | str | None = None
    message: str | None = None
    prediction: Raw = NOTHING
    predictions: Raw = NOTHING


_item = msgspec.json.Decoder(Item, strict=False).decode
_response = msgspec.json.Decoder(Response, strict=False).decode


def read(line: bytes) -> Item:
    """Raise Broken for what is not a JSON object."""
    try:
        if not line.isascii():
            line.decode()  # the typed decoder looks only into what it keeps
        item = _item(line)
    except _DECODE_ERRORS:
        repaired: Item = _repaired(Item, _plain_object(line))
        return repaired
    if isinstance(item.response, str):  # a BigQuery column of JSON text (WIRE 2.7)
        item.response = _response_of_text(item.response)
    return item


def plain(raw: Raw | bytes) -> Any:
    """Any JSON value; None for what is none."""
    try:
        return msgspec.json.decode(raw)
    except _DECODE_ERRORS:
        pass
    try:
        return json.loads(bytes(raw), strict=False)
    except (ValueError, RecursionError):
        return None


def _plain_object(line: bytes) -> dict[str, Any]:
    """By the standard library, which takes lone surrogates and huge numbers; not NaN, which is no JSON."""
    try:
        value = json.loads(line.decode(), parse_constant=_refuse, parse_int=_integer)
        if "\\u" in line.decode():
            value = json.loads(_without_surrogates(json.dumps(value, ensure_ascii=False)))
    except (ValueError, RecursionError) as exc:
        raise Broken from exc
    if not isinstance(value, dict):
        raise Broken
    return value


def _without_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _refuse(word: str) -> None:
    raise ValueError(word)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else float(digits)


def _response_of_text(text: str) -> Response | None:
    if not text.strip():
        return None
    try:
        return _response(text)
    except _DECODE_ERRORS:
        value = plain(text.encode(errors="replace"))
        return _repaired(Response, value) if isinstance(value, dict) else Response()


def _repaired(shape: Any, value: dict[str, Any]) -> Any:
    """``value`` as ``shape``: a field that cannot be what it should be is left at its default."""
    made = shape()
    for field in msgspec.structs.fields(shape):
        if field.encode_name in value:
            _set(made, field, value[field.encode_name])
    return made


def _set(made: Any, field: msgspec.structs.FieldInfo, value: Any) -> None:
    if field.type is Raw:
        setattr(made, field.name, Raw(json.dumps(value).encode()))
        return
    try:
        setattr(made, field.name, msgspec.convert(value, field.type, strict=False))
    except (msgspec.ValidationError, RecursionError):
        if (repaired := _inner(field.type, value)) is not None:
            setattr(made, field.name, repaired)


def _inner(kind: Any, value: Any) -> Any:
    """The struct, or list of structs, that ``kind`` may hold, repaired in turn."""
    choices = getattr(kind, "__args__", (kind,))
    for choice in choices:
        if isinstance(choice, type) and issubclass(choice, Struct) and isinstance(value, dict):
            return _repaired(choice, value)
        inner = getattr(choice, "__args__", ())
        if inner and isinstance(value, list) and isinstance(inner[0], type) and issubclass(inner[0], Struct):
            return [_repaired(inner[0], one) for one in value if isinstance(one, dict)]
    return None
