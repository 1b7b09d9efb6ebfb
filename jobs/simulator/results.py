"""Result lines from a seed: any byte range of any size without a file behind it and without memory.

Lines come from a few dozen patterns with a number of fixed width in them, so that the position of every line
is arithmetic.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any, Protocol

import msgspec

from jobs.simulator import texts
from jobs.simulator.jobs import SimJob
from jobs.simulator.seeds import dice, mark, pick, word

NUMBER = "{{number}}"
KEY = f"request-{NUMBER}"
PATTERNS = 61
BLOCK = 256 * 1024


class Blob(Protocol):
    """Bytes of a known size that can be read from anywhere."""

    @property
    def size(self) -> int: ...

    def chunks(self, start: int, stop: int) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Bytes:
    """A small Blob made by hand."""

    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        yield self.content[start:stop]


class Run:
    """Patterns repeated for ever, with numbers of ``width`` digits in them."""

    def __init__(self, items: Iterable[dict[str, Any]], width: int) -> None:
        encoded = (msgspec.json.encode(item) + b"\n" for item in items)
        self.patterns = [line.split(NUMBER.encode()) for line in encoded]
        sizes = (sum(map(len, parts)) + width * (len(parts) - 1) for parts in self.patterns)
        self.ends = [0, *accumulate(sizes)]

    def position(self, nth: int) -> int:
        """Where the n-th line begins, in bytes."""
        rounds, rest = divmod(nth, len(self.patterns))
        return rounds * self.ends[-1] + self.ends[rest]

    def line(self, nth: int, number: bytes) -> bytes:
        return number.join(self.patterns[nth % len(self.patterns)])


class Lines:
    """The first ``count`` result lines of a job as one file."""

    def __init__(self, job: SimJob, count: int) -> None:
        self.job, self.count = job, count
        self.width = len(str(max(job.requests - 1, 0)))
        model, finish = job.model.rsplit("/", 1)[-1], job.finishes or job.created
        self.good, self.bad = _runs(job.seed, job.kind, job.embeds, model, finish, self.width)
        self.stride = _stride(job) if job.kind == "vertex" else 1

    @property
    def size(self) -> int:
        return self.position(self.count)

    def position(self, line: int) -> int:
        """Where a line begins, in bytes."""
        failed = self._failed_before(line)
        return self.good.position(line - failed) + self.bad.position(failed)

    def line(self, line: int) -> bytes:
        """Vertex answers out of order: line and request number differ (WIRE 2.6)."""
        failed = self._failed_before(line)
        run, nth = (self.bad, failed) if self.fails(line) else (self.good, line - failed)
        number = b"%0*d" % (self.width, line * self.stride % self.job.requests)
        return run.line(nth, number)

    def fails(self, line: int) -> bool:
        return self._failed_before(line + 1) > self._failed_before(line)

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from ``start`` to ``stop`` (exclusive)."""
        line = bisect_right(range(self.count), start, key=self.position) - 1
        skip, left = start - self.position(max(line, 0)), stop - start
        while left > 0:
            block, line = self._block(max(line, 0), skip + left)
            piece = block[skip : skip + left]
            yield piece
            skip, left = 0, left - len(piece)

    def _block(self, line: int, wanted: int) -> tuple[bytes, int]:
        parts, size = [], 0
        while line < self.count and size < min(wanted, BLOCK):
            parts.append(self.line(line))
            size += len(parts[-1])
            line += 1
        return b"".join(parts), line

    def _failed_before(self, line: int) -> int:
        return self.job.failing * line // self.job.requests if self.job.requests else 0


def _stride(job: SimJob) -> int:
    """A step that visits every request once: no common divisor with their number."""
    primes = (7919, 6007, 4001, 101, 13, 1)
    return next(prime for prime in primes if prime == 1 or job.requests % prime)


@lru_cache(maxsize=256)
def _runs(seed: str, kind: str, embeds: bool, model: str, finish: datetime, width: int) -> tuple[Run, Run]:
    """The lines that went well and those that failed."""
    make = _embedding if embeds else _generated
    good: list[dict[str, Any]] = [{"response": make(seed, nth, model)} for nth in range(PATTERNS)]
    bad: list[dict[str, Any]] = [{"error": {"code": code, "message": text}} for code, text in texts.ROW_ERRORS]
    if kind == "vertex":
        good, bad = ([_vertex(seed, nth, item, finish) for nth, item in enumerate(items)] for items in (good, bad))
    else:
        good, bad = ([{"key": KEY} | item for item in items] for items in (good, bad))
    return Run(good, width), Run(bad, width)


def _generated(seed: str, nth: int, model: str) -> dict[str, Any]:
    """A GenerateContentResponse (WIRE 1.8): one pattern is cut at the token limit, one blocked."""
    prompt, output, thoughts = (
        40 + mark(seed, nth, "in") % 900,
        12 + mark(seed, nth, "out") % 400,
        mark(seed, nth) % 300,
    )
    response: dict[str, Any] = {"modelVersion": model, "responseId": word(22, seed, nth, "response")}
    if nth == PATTERNS // 3:
        usage = {"promptTokenCount": prompt, "totalTokenCount": prompt}
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage} | response
    sentences = " ".join(dice(seed, nth, "text").choices(texts.ANSWERS, k=1 + mark(seed, nth) % 4))
    cut = nth == PATTERNS // 2
    content = {
        "parts": [{"text": sentences[: len(sentences) * 2 // 3] if cut else sentences}],
        "role": "model",
    }
    usage = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": output,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": prompt + output + thoughts,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],  # type: ignore[dict-item]
    }
    candidate = {"content": content, "finishReason": "MAX_TOKENS" if cut else "STOP", "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage} | response


def _embedding(seed: str, nth: int, model: str) -> dict[str, Any]:
    generator = dice(seed, nth, model)
    values = [round(generator.gauss(0, 0.04), 8) for _ in range(128)]
    return {"embedding": {"values": values}, "tokenCount": str(8 + mark(seed, nth) % 500)}


def _prompt(seed: str) -> str:
    return f"{pick(texts.PROMPTS, seed)} Item {NUMBER}."


def _vertex(seed: str, nth: int, item: dict[str, Any], finish: datetime) -> dict[str, Any]:
    """A prediction line (WIRE 2.6): the request is echoed, an empty status means well."""
    moment = finish - timedelta(milliseconds=mark(seed, nth, "time") % 240_000)
    request = {"contents": [{"role": "user", "parts": [{"text": _prompt(seed)}]}]}
    line = {"status": "", "processed_time": moment.isoformat(timespec="milliseconds"), "request": request}
    if error := item.get("error"):
        body = {"error": {"code": 400, "message": error["message"], "status": "INVALID_ARGUMENT"}}
        line |= {"status": f"Bad Request: {msgspec.json.encode(body).decode()}", "response": {}}
    else:
        line |= {"response": item["response"]}
    return line | {"key": KEY}


class RequestLines(Lines):
    """The input file of a seeded job."""

    def __init__(self, job: SimJob) -> None:
        self.job, self.count, self.stride = job, job.requests, 1
        self.width = len(str(max(job.requests - 1, 0)))
        contents = [{"role": "user", "parts": [{"text": _prompt(job.seed)}]}]
        self.good = self.bad = Run([{"request": {"contents": contents}, "key": KEY}], self.width)

    def _failed_before(self, line: int) -> int:
        return 0


def answered(job: SimJob, requests: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """An output item for every given request: key or metadata echoed, the answer from the seed (WIRE 1.8)."""
    lines = Lines(job, job.requests)
    for number, request in enumerate(requests):
        item = msgspec.json.decode(lines.line(number))
        del item["key"]
        yield {name: request[name] for name in ("key", "metadata") if name in request} | item
