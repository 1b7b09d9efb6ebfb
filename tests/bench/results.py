"""Results: a 1 GiB archive beside msgspec decoding the same file, and pages of its 600,000 rows.

Reference and archive run in processes of their own, so that each has its own memory.
"""

import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tests.bench.lists import signed_in
from tests.bench.tools import board, p95, say

GIB = 2**30
RUNS, VIEWS = 3, 60
HOLD_RATIO, HOLD_RSS_MB, HOLD_FIRST_MS, HOLD_FAILED_MS = 4.0, 300, 150, 400
WORDS = 130  # in an answer: some 1.6 KB a line, as STACK 6 measured


class Part(msgspec.Struct):
    text: str = ""


class Content(msgspec.Struct):
    parts: list[Part] = []


class Candidate(msgspec.Struct):
    content: Content | None = None
    finishReason: str = ""


class Usage(msgspec.Struct):
    promptTokenCount: int = 0
    candidatesTokenCount: int = 0
    thoughtsTokenCount: int = 0


class Response(msgspec.Struct):
    candidates: list[Candidate] = []
    usageMetadata: Usage | None = None


class Line(msgspec.Struct):
    """What the reference decodes: as much as anyone needs who counts tokens and reads answers."""

    key: str = ""
    response: Response | None = None
    error: dict[str, Any] | None = None


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bb-bench-", dir="/var/tmp") as place:  # /tmp may be memory
        file = Path(place) / "results.jsonl"
        lines = make(file)
        say(f"a file of {lines:,} lines", f"{file.stat().st_size / GIB:.2f} GiB")
        measure_archive(file)
        with board("sqlite"):
            measure_pages(file)


def make(file: Path) -> int:
    """Seeded lines until 1 GiB is full: 2 % errors, 1 % cut off."""
    chance = random.Random(7)
    words = [f"{chance.getrandbits(32):x}" for _ in range(5_000)]
    number = size = 0
    with file.open("wb") as output:
        while size < GIB:
            size += output.write(msgspec.json.encode(_line(number, chance, words)) + b"\n")
            number += 1
    return number


def _line(number: int, chance: random.Random, words: list[str]) -> dict[str, Any]:
    if number % 50 == 7:
        message = f"Request {number} could not be answered: try again."
        return {"key": f"request-{number}", "error": {"code": chance.choice((3, 8, 13)), "message": message}}
    answer = {"parts": [{"text": " ".join(chance.choices(words, k=WORDS))}], "role": "model"}
    finish = "MAX_TOKENS" if number % 100 == 5 else "STOP"
    prompt, output, thoughts = chance.randrange(1_000), chance.randrange(1_000), chance.randrange(300)
    usage = {"promptTokenCount": prompt, "candidatesTokenCount": output, "thoughtsTokenCount": thoughts}
    usage |= {"totalTokenCount": prompt + output + thoughts}
    candidate = {"content": answer, "finishReason": finish, "index": 0, "avgLogprobs": -chance.random()}
    response = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash"}
    return {"response": response | {"responseId": f"{chance.getrandbits(80):x}"}, "key": f"request-{number}"}


def measure_archive(file: Path) -> None:
    runs = [(alone("decode", file), alone("archive", file)) for _ in range(RUNS)]
    reference = statistics.median(decoded["seconds"] for decoded, _ in runs)
    seconds = statistics.median(archived["seconds"] for _, archived in runs)
    ratio = statistics.median(archived["seconds"] / decoded["seconds"] for decoded, archived in runs)
    rss = max(archived["rss_mb"] for _, archived in runs)
    say("msgspec decodes it (reference)", f"{reference:.2f} s")
    say(
        "archived, indexed and counted",
        f"{seconds:.2f} s = {ratio:.2f} ×",
        f"≤ {HOLD_RATIO} ×",
        holds=ratio <= HOLD_RATIO,
    )
    say("its memory", f"{rss:.0f} MB", f"≤ {HOLD_RSS_MB} MB", holds=rss <= HOLD_RSS_MB)
    archived = runs[0][1]
    say("archive and index beside the original", f"{archived['stored']:.2f} + {archived['index']:.2f}")


def alone(what: str, file: Path) -> dict[str, float]:
    words = [sys.executable, "-m", "tests.bench.results", what, str(file)]
    told: dict[str, float] = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return told


def decode(file: Path) -> dict[str, float]:
    read = msgspec.json.Decoder(Line).decode
    started = time.perf_counter()
    with file.open("rb") as lines:
        for line in lines:
            read(line)
    return {"seconds": time.perf_counter() - started}


def archive(file: Path) -> dict[str, float]:
    from jobs.results.writing import write

    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        started = time.perf_counter()
        made = write([(file.name, chunks(file))], Path(folder))
        taken = time.perf_counter() - started
        size = made.summary.size
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {
            "seconds": taken,
            "rss_mb": rss,
            "stored": made.summary.stored_size / size,
            "index": made.index_size / size,
        }


def chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as body:
        while chunk := body.read(256 * 1024):
            yield chunk


def measure_pages(file: Path) -> None:
    from django.urls import reverse

    from jobs.models import User

    browser, address = signed_in(User.objects.create_superuser("bench")), reverse("job_results", args=[stored(file)])
    for what, query, hold in (
        ("first results page", "", HOLD_FIRST_MS),
        ("failures filter", "?outcome=failed", HOLD_FAILED_MS),
        ("search for a rare word", "?q=request-599999", 0),
    ):
        taken = p95([seconds_of(browser, address + query) for _ in range(VIEWS)]) * 1000
        say(f"{what}, p95", f"{taken:.0f} ms", f"≤ {hold} ms" if hold else "", holds=taken <= hold if hold else None)


def seconds_of(browser: Any, address: str) -> float:
    started = time.perf_counter()
    answer = browser.get(address)
    assert answer.status_code == 200
    return time.perf_counter() - started


def stored(file: Path) -> int:
    """The id of a job whose archive is ``file``."""
    from django.utils import timezone

    from jobs.models import Archive, ArchiveStatus, Project
    from jobs.results import storing, writing
    from tests.factories import make_job

    now = timezone.now()
    job = make_job(Project.objects.create(name="bench", provider="gemini"), results_state="saved")
    with storing.spool() as folder:
        made = writing.write([(file.name, chunks(file))], folder)
        files = [storing.keep(made.archive, "1/a.jsonl.zst"), storing.keep(made.index, "1/a.index.sqlite3")]
    summary = msgspec.structs.asdict(made.summary)
    counted = {name: value for name, value in summary.items() if name not in ("parts", "stored_size")}
    names = {"file": files[0], "index_file": files[1], "stored_size": made.summary.stored_size}
    moments = {"wanted_at": now, "next_attempt_at": now, "saved_at": now}
    Archive.objects.create(job=job, status=ArchiveStatus.SAVED, **moments, **names, **counted)
    return job.pk


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps({"decode": decode, "archive": archive}[sys.argv[1]](Path(sys.argv[2]))))
    else:
        main()
