"""Total readers: any JSON value in, a safe and bounded one out, never an exception."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec

NAME_LIMIT, TEXT_LIMIT, MESSAGE_LIMIT = 300, 2000, 4000
_LARGEST = 2**63 - 1
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_DEEPEST = 100
_BRACKETS = re.compile(r'[\[\]{}]|"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_UNSAFE = re.compile("[\x00\ud800-\udfff]")


def decode(body: bytes) -> Any:
    """The JSON value in ``body``; None when there is none, and for what is nested over 100 levels deep."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_leniently(_flattened(body.decode("utf-8-sig", errors="replace")))


def _decode_leniently(body: str) -> Any:
    """Lone surrogates, bare control characters, NaN and huge numbers, which the strict decoder refuses."""
    try:
        return json.loads(body, parse_int=_parse_integer, strict=False)
    except ValueError:
        return None


def _parse_integer(digits: str) -> int | float:
    """Python converts no integer of thousands of digits; as a float it is infinite."""
    return int(digits) if len(digits) < 400 else float(digits)


def _flattened(body: str) -> str:
    """``body`` with null for what lies deeper than any decoder goes, so that it costs one value, not the page."""
    parts, depth, end = [], 0, 0
    for token in _BRACKETS.finditer(body):
        if token[0] in "[{":
            depth += 1
            if depth == _DEEPEST:
                parts.append(body[end : token.start()] + "null")
        elif token[0] in "]}":
            end = token.end() if depth == _DEEPEST else end
            depth -= 1
    return "".join(parts) + body[end:] if parts else body


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def text(value: Any, limit: int = TEXT_LIMIT) -> str:
    """Strings and numbers as text without NUL and lone surrogates, at most ``limit`` characters."""
    if not isinstance(value, str):
        value = _number_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
    if len(value) > limit:
        value = value[: limit - 1] + "…"
    return value if value.isascii() and "\0" not in value else _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", value)


def line(value: Any, limit: int) -> str:
    """``text`` for the middle of a sentence: one line, nothing that moves a cursor or turns the writing round."""
    words = " ".join(text(value, 4 * limit).split())
    return text("".join(filter(str.isprintable, words)), limit)


def _number_text(value: int | float) -> str:
    try:
        return str(value)
    except ValueError:  # more digits than Python converts
        return ""


def identity(value: Any, body: bytes) -> str:
    """A name that stays the same and differs from others: long ones keep a digest, missing ones get one."""
    name = text(value, limit=100_000)
    if not name.strip():
        return f"unnamed/{blake2b(body, digest_size=12).hexdigest()}"
    if len(name) <= NAME_LIMIT and name == value:
        return name
    digest = blake2b(str(value).encode(errors="surrogatepass"), digest_size=12).hexdigest()
    return f"{name[: NAME_LIMIT - 26]}…{digest}"


def integer(value: Any) -> int | None:
    """int64 from a number or, as proto3 JSON has it, a string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and abs(value) < _LARGEST else None
    try:
        number = int(value)
    except ValueError:
        return None
    return number if abs(number) <= _LARGEST else None


def count(value: Any) -> int | None:
    """A number of requests: a non-negative integer."""
    number = integer(value)
    return number if number is not None and number >= 0 else None


def small_integer(value: Any) -> int | None:
    number = integer(value)
    return number if number is not None and abs(number) < 2**31 else None


def moment(value: Any) -> datetime | None:
    """RFC 3339 as an aware UTC datetime between 1970 and 2200; digits past microseconds are cut (WIRE notation)."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if _EARLIEST <= found <= _LATEST else None


def labels(value: Any) -> dict[str, str]:
    """At most 64 labels of at most 64 characters, as the provider promises (WIRE 2.3)."""
    pairs = list(mapping(value).items())[:64]
    return {text(key, 64): text(item, 64) for key, item in pairs}


def plain_suffix(word: str, *prefixes: str) -> str:
    """``BATCH_STATE_RUNNING`` and ``JOB_STATE_RUNNING`` both say RUNNING (WIRE 1.4)."""
    for prefix in prefixes:
        word = word.removeprefix(prefix)
    return word
