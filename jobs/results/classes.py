"""Every line of results in exactly one class: ``read_line`` is pure and total (DESIGN 7, WIRE 1.8, 2.6, 4).

The first that holds: *broken* is no JSON object; *failed* has an error, a status, an HTTP status from 400 on, or was
never run; *truncated* ended at the token limit; *blocked* met a safety rule; *empty* holds nothing usable; else *ok*.
"""

import math
import re
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Raw

from jobs.providers.reading import count, integer, mapping, text

from .errors import NOTHING, WORD_LIMIT, error_of
from .shapes import Broken, Choice, Item, Metadata, OpenBody, Part, Response, Usage, plain, read

MOST_TOKENS = 10**12
KEY_LIMIT, PREVIEW_LIMIT = 300, 200
NO_JSON = "This line is not a JSON object."
TRUNCATED = frozenset({"MAX_TOKENS", "length"})
BLOCKED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "MODEL_ARMOR",
        "JAILBREAK",
        "content_filter",
    }
)
_USUAL = TRUNCATED | BLOCKED | {"", "STOP", "stop"}
_LOOKS_LIKE_JSON = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{"\]])')
_JSON_BEGINS = frozenset("{[ \t\r\n")
_PRINTABLE = bytes(range(0x20, 0x7F))
_BOM = b"\xef\xbb\xbf"


class Outcome(StrEnum):
    OK = "ok"
    FAILED = "failed"
    TRUNCATED = "truncated"
    BLOCKED = "blocked"
    EMPTY = "empty"
    BROKEN = "broken"

    @property
    def label(self) -> str:
        return "OK" if self is Outcome.OK else self.value.capitalize()


# Looked up a million times an archive: an enum's attribute costs more than a name.
_OK, _FAILED, _TRUNCATED, _BLOCKED, _EMPTY, _BROKEN = Outcome


class Line(msgspec.Struct, gc=False, array_like=True):
    """What one line says. ``key`` is "" where it is missing; ``dimension`` and ``norm`` are an embedding's.

    ``invalid_json``: JSON was asked for, as the echoed request or the answer's own beginning tells, and the answer is
    none. ``output_tokens`` are the candidates' and the thoughts'. In an index, ``line`` is its number (from 1) and
    it lies at ``start`` of the original, ``length`` bytes with its line end.
    """

    outcome: Outcome
    finish_reason: str = ""
    key: str = ""
    error: str = ""
    prompt_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    preview: str = ""
    invalid_json: bool = False
    dimension: int | None = None
    norm: float | None = None
    line: int = 0
    start: int = 0
    length: int = 0


def read_line(line: bytes) -> Line:
    """The class of one non-blank line, and what an index keeps of it."""
    try:
        item = read(line.removeprefix(_BOM))
    except Broken:
        return Line(_BROKEN, error=NO_JSON)
    answer = _answer_of(item)
    if error := error_of(item, answer):
        return Line(_FAILED, key=_key_of(item), error=error)
    if answer is None or answer.body is not None:
        judged = _judge_open(answer.body if answer and answer.body else OpenBody())
    else:
        judged = _judge(answer)
    if judged.outcome is _EMPTY and not judged.finish_reason:
        judged = _judge_prediction(item) or judged
    judged.key = _key_of(item)
    if words := judged.preview:
        if item.request or words[0] in _JSON_BEGINS:
            judged.invalid_json = _is_invalid_json(words, item.request)
        judged.preview = _shortened(words)
    return judged


def _answer_of(item: Item) -> Response | None:
    """The response, wrapped or not; None where there is none."""
    response = item.response
    if isinstance(response, Response):
        return response
    bare = item.candidates is not None or item.embedding is not None or item.promptFeedback is not None
    return item if bare or item.body is not None else None


# What was answered


def _judge(answer: Response) -> Line:
    """A GenerateContentResponse or an embedding (WIRE 1.8); ``preview`` is its whole text yet."""
    if answer.embedding is not None and not answer.candidates:
        return _judge_vector(answer.embedding.values, answer.tokenCount)
    finish, words, usable = "", "", False
    for candidate in answer.candidates or ():
        reason = candidate.finishReason or ""
        finish = _worse(finish, reason) if finish else reason
        for part in (candidate.content.parts if candidate.content else None) or ():
            if not part.thought:
                said = part.text
                usable = usable or (said != "" and not said.isspace()) or _holds_more(part)
                words = words + said if words else said
    blocked = answer.promptFeedback is not None and not answer.candidates and answer.promptFeedback.blockReason
    prompt, output, cached = _tokens_of(answer.usageMetadata)
    outcome = _OK if usable and finish == "STOP" and not blocked else _outcome(finish, usable, bool(blocked))
    return Line(outcome, _word(blocked or finish), "", "", prompt, output, cached, words)


def _word(reason: str) -> str:
    return reason if reason in _USUAL else text(reason, WORD_LIMIT)


def _holds_more(part: Part) -> bool:
    return any((part.inlineData, part.functionCall, part.fileData, part.executableCode, part.codeExecutionResult))


def _judge_open(body: OpenBody) -> Line:
    """The OpenAI layer's form (WIRE 4.1)."""
    if body.data and not body.choices:
        line = _judge_vector(body.data[0].embedding, 0)
    else:
        finish, words, usable = "", "", False
        for choice in body.choices or ():
            finish = _worse(finish, choice.finish_reason or "")
            words += (choice.message.content or "") if choice.message else ""
            usable = usable or _is_usable(choice)
        line = Line(_outcome(finish, usable, False), _word(finish), preview=words)
    line.prompt_tokens, line.output_tokens, line.cached_tokens = _tokens_of(body.usage)
    return line


def _is_usable(choice: Choice) -> bool:
    message = choice.message
    return message is not None and (bool((message.content or "").strip()) or _says(message.tool_calls))


def _says(raw: Raw) -> bool:
    return bytes(raw).strip() not in NOTHING


def _judge_prediction(item: Item) -> Line | None:
    """The line of a model that is not Gemini's (WIRE 2.6): any prediction is usable, a vector is told as such."""
    found = next((raw for raw in (item.prediction, item.predictions) if _says(raw)), None)
    if found is None:
        return None
    value = plain(found)
    first = value[0] if isinstance(value, list) and value else value
    vector = mapping(mapping(first).get("embeddings"))
    values = vector.get("values")
    if isinstance(values, list) and all(isinstance(one, int | float) for one in values):
        return _judge_vector(values, integer(mapping(vector.get("statistics")).get("token_count")))
    return Line(_OK, preview=bytes(found).decode(errors="replace"))


def _judge_vector(values: list[float] | None, tokens: int | None) -> Line:
    if not values:
        return Line(_EMPTY, prompt_tokens=count(tokens) or 0)
    return Line(_OK, prompt_tokens=count(tokens) or 0, dimension=len(values), norm=_norm(values))


def _norm(values: list[float]) -> float | None:
    norm = math.hypot(*values)
    return norm if math.isfinite(norm) else None


def _worse(one: str, other: str) -> str:
    """Of two candidates' reasons the one that decides the class."""
    if not one or other in TRUNCATED or (other in BLOCKED and one not in TRUNCATED):
        return other
    return one


def _outcome(finish: str, usable: bool, blocked: bool) -> Outcome:
    if finish in TRUNCATED:
        return _TRUNCATED
    if blocked or finish in BLOCKED:
        return _BLOCKED
    return _OK if usable else _EMPTY


def _tokens_of(usage: Usage | None) -> tuple[int, int, int]:
    """Those of the prompt, of the output with its thoughts, and cached ones."""
    if usage is None:
        return 0, 0, 0
    prompt = usage.promptTokenCount or usage.prompt_tokens or 0
    output = usage.candidatesTokenCount or usage.completion_tokens or 0
    thoughts = usage.thoughtsTokenCount or 0
    if not (0 <= prompt <= MOST_TOKENS and 0 <= output <= MOST_TOKENS and 0 <= thoughts <= MOST_TOKENS):
        prompt, output, thoughts = _tokens(prompt), _tokens(output), _tokens(thoughts)
    cached = usage.cachedContentTokenCount
    if usage.prompt_tokens_details:
        cached = integer(mapping(plain(usage.prompt_tokens_details)).get("cached_tokens"))
    return prompt, output + thoughts, _tokens(cached) if cached else 0


def _tokens(value: int) -> int:
    """Of one line no more than a column of sums can take of a million lines."""
    return value if 0 <= value <= MOST_TOKENS else MOST_TOKENS * (value > 0)


# Keys, JSON, previews


def _key_of(item: Item) -> str:
    """The request's key as text; numbers are keys that lost their quotes (WIRE 2.6)."""
    key = item.key
    if type(key) is str and key and key.isascii() and len(key) <= KEY_LIMIT:
        return key if key.isprintable() else text(key, KEY_LIMIT)
    inside = item.metadata or Metadata()
    for value in (item.key, item.custom_id, item.id, inside.key, inside.custom_id, inside.id):
        if value is not None and value != "":
            return text(int(value) if isinstance(value, float) and value.is_integer() else value, KEY_LIMIT)
    return ""


def _is_invalid_json(answer: str, request: Raw) -> bool:
    """JSON asked for by the request, as far as it is echoed; else an answer that begins as JSON was meant as such."""
    if request:
        if b"application/json" not in bytes(request) or not _asks_for_json(plain(request)):
            return False
    elif not _LOOKS_LIKE_JSON.match(answer):
        return False
    try:
        msgspec.json.decode(answer.encode(errors="replace"))
    except (msgspec.DecodeError, RecursionError):
        return True
    return False


def _asks_for_json(request: Any) -> bool:
    request = mapping(request)
    config = mapping(request.get("generationConfig")) or mapping(request.get("generation_config"))
    return "application/json" in (config.get("responseMimeType"), config.get("response_mime_type"))


def _shortened(words: str) -> str:
    """One line of at most 200 characters."""
    head = words[: PREVIEW_LIMIT + 1]
    if not head.isascii() or "  " in head or head.encode().translate(None, _PRINTABLE):  # as isprintable, faster
        head = text(" ".join(words[: 3 * PREVIEW_LIMIT].split()), PREVIEW_LIMIT + 1)
    return head if len(head) <= PREVIEW_LIMIT else head[: PREVIEW_LIMIT - 1] + "…"
