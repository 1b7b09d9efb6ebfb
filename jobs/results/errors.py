"""Why a line of results failed, in one sentence; "" when it did not (WIRE 1.8, 2.6, 4.1)."""

from typing import Any

import msgspec
from msgspec import UNSET, Raw

from jobs.providers.reading import mapping, text

from .shapes import Item, Response, plain

ERROR_LIMIT, WORD_LIMIT = 500, 100
NEVER_RUN = "The request was not run."
NOTHING = frozenset((b"", b"null", b'""', b"{}", b"[]", b"0"))


def error_of(item: Item, answer: Response | None) -> str:
    """Why a line failed, at most 500 characters; "" when it did not."""
    if item.error and (error := _told(item.error)):
        return error
    if item.status and (error := _told(item.status)):
        return error
    if answer is None:
        return _error_without_answer(item)
    return "" if answer.body is None and answer.status_code is None else _error_of_http(answer)


def _error_of_http(answer: Response) -> str:
    if answer.body and answer.body.error and (error := _told(answer.body.error)):
        return error
    return f"HTTP {answer.status_code}" if (answer.status_code or 0) >= 400 else ""


def _error_without_answer(item: Item) -> str:
    if item.response is None:
        return NEVER_RUN
    if item.code not in (None, 0, "") and item.response is UNSET:
        return _sentence({"code": item.code, "message": item.message})
    return ""


def _told(raw: Raw) -> str:
    """An error or status that says something; the empty status of a Vertex line says that all is well."""
    data = bytes(raw).strip()
    if data in NOTHING:
        return ""
    value = plain(data)
    if isinstance(value, str):
        return _sentence_of_text(value)
    return _sentence(value) if isinstance(value, dict) else text(value, ERROR_LIMIT) or text(data.decode(), ERROR_LIMIT)


def _sentence_of_text(value: str) -> str:
    """Vertex puts the JSON of an error behind a phrase (WIRE 2.6): the message inside is what a person needs."""
    start = value.find("{")
    inside = plain(value[start:].encode(errors="replace")) if start >= 0 else None
    if isinstance(inside, dict):
        return _sentence(mapping(inside.get("error")) or inside)
    return " ".join(text(value, ERROR_LIMIT).split())


def _sentence(status: Any) -> str:
    """``{"code": 3, "message": "…"}`` as “3: …”; "" for code 0 without a message."""
    code, message = text(status.get("code"), WORD_LIMIT), text(status.get("message"), ERROR_LIMIT)
    if not message and code in ("", "0"):
        return "" if code == "0" else text(msgspec.json.encode(dict(status)).decode(), ERROR_LIMIT)
    words = " ".join(message.split()) or "no message"
    return f"{code}: {words}"[:ERROR_LIMIT] if code else words
