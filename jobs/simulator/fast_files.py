"""Prebuilt files for benchmarks: what was downloaded once lies in a file and is sent from there, whole or in ranges."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from werkzeug.http import parse_range_header
from werkzeug.test import Client

from jobs.simulator.app import Simulator

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
PIECE = 1024 * 1024
SECRET_HEADERS = (b"x-goog-api-key", b"authorization")


class Files:
    def __init__(self, simulator: Simulator) -> None:
        self.client, self.scratch = Client(simulator), simulator.scratch
        self.built: dict[tuple[str, bytes], Path] = {}

    async def send(self, scope: Message, send: Send) -> bool:
        """Answer the download, if it succeeds; whether it was answered."""
        key = (scope["path"], next((value for name, value in scope["headers"] if name in SECRET_HEADERS), b""))
        if key not in self.built and not self._build(key, scope):
            return False
        path = self.built[key]
        start, stop, status = _span(scope, path.stat().st_size)
        headers = [(b"content-length", b"%d" % (stop - start)), (b"content-type", b"application/octet-stream")]
        if status == 206:
            headers.append((b"content-range", b"bytes %d-%d/%d" % (start, stop - 1, path.stat().st_size)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        with path.open("rb", buffering=0) as file:
            while start < stop:
                body = os.pread(file.fileno(), min(PIECE, stop - start), start)
                start += len(body)
                await send({"type": "http.response.body", "body": body, "more_body": start < stop})
        return True

    def _build(self, key: tuple[str, bytes], scope: Message) -> bool:
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"] if name != b"range"]
        answer = self.client.get(scope["path"], query_string=scope["query_string"].decode(), headers=headers)
        if answer.status_code != 200:
            return False
        path = self.scratch.path(f"prebuilt-{len(self.built)}")
        with path.open("wb") as file:
            file.writelines(answer.iter_encoded())
        self.built[key] = path
        return True


def is_download(scope: Message) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    return scope["path"].endswith(":download") or b"alt=media" in scope["query_string"]


def _span(scope: Message, size: int) -> tuple[int, int, int]:
    header = next((value.decode() for name, value in scope["headers"] if name == b"range"), None)
    wanted = parse_range_header(header)
    span = wanted.range_for_length(size) if wanted else None
    return (span[0], min(span[1], size), 206) if span else (0, size, 200)
