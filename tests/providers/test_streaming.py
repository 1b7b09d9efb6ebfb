"""Long bodies over real sockets: they are read past the HTTP library, and must come as if they were not."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256

import httpx
import pytest

from jobs.providers import deadline, streaming
from jobs.providers.base import TransientError, open_gate
from jobs.providers.streaming import AT_ONCE, LONG
from jobs.providers.wire import Wire

BODY = b"".join(sha256(b"%d" % number).digest() for number in range(3 * LONG // 32))
PLAIN = f"HTTP/1.1 200 OK\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()


@dataclass
class Answers:
    """One request is answered with ``sent``, the connection then closed, or held while ``holds`` is not set."""

    listener: socket.socket
    sent: bytes
    holds: threading.Event
    wire: Wire
    asked: bytes = b""

    def serve(self) -> None:
        client, _ = self.listener.accept()
        with client, suppress(OSError):  # who has read enough leaves
            self.asked = client.recv(65_536)
            client.sendall(self.sent)
            self.holds.wait()


@contextmanager
def answering(sent: bytes, *, stalls: bool = False) -> Iterator[Answers]:
    transport = deadline.transport(httpx.Limits())
    with socket.create_server(("127.0.0.1", 0)) as listener, httpx.Client(transport=transport, timeout=60) as client:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        answers = Answers(listener, sent, threading.Event(), Wire(url, dict, open_gate, client))
        if not stalls:
            answers.holds.set()
        thread = threading.Thread(target=answers.serve, daemon=True)
        thread.start()
        try:
            yield answers
        finally:
            answers.holds.set()
        thread.join()


def read(answers: Answers, start: int = 0) -> bytes:
    return b"".join(streaming.stream(answers.wire, "/file", start=start))


def test_a_long_body_comes_byte_for_byte() -> None:
    with answering(PLAIN + BODY) as answers:
        assert read(answers) == BODY


def test_its_pieces_are_large_but_bounded() -> None:
    with answering(PLAIN + BODY) as answers:
        sizes = [len(piece) for piece in streaming.stream(answers.wire, "/file")]

    assert max(sizes) < AT_ONCE + streaming.CHUNK
    assert min(sizes[:-1]) >= streaming.CHUNK


def test_the_rest_of_a_long_body_comes_byte_for_byte() -> None:
    start = 1_000_001
    told = f"Content-Length: {len(BODY) - start}\r\nContent-Range: bytes {start}-{len(BODY) - 1}/{len(BODY)}"
    with answering(f"HTTP/1.1 206 Partial\r\n{told}\r\n\r\n".encode() + BODY[start:]) as answers:
        assert read(answers, start) == BODY[start:]

    assert f"range: bytes={start}-\r\n".encode() in answers.asked.lower()


def test_what_is_sent_after_the_told_length_is_not_taken_for_the_body() -> None:
    with answering(PLAIN + BODY + b"HTTP/1.1 200 OK\r\n\r\nmore") as answers:
        assert read(answers) == BODY


def test_a_long_body_that_is_cut_is_not_taken_for_the_whole() -> None:
    with answering(PLAIN + BODY[:-1]) as answers, pytest.raises(TransientError, match="came only in part"):
        read(answers)


def test_a_long_body_in_chunks_comes_byte_for_byte() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [BODY[start : start + LONG] for start in range(0, len(BODY), LONG)]
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    with answering(head + chunked + b"0\r\n\r\n") as answers:
        assert read(answers) == BODY


def test_a_long_body_that_stops_coming_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "PATIENCE_A_CHUNK", 0.2)
    with answering(PLAIN + BODY[:-1], stalls=True) as answers, pytest.raises(TransientError, match="in time"):
        read(answers)


def test_a_long_body_that_nobody_wants_any_more_is_left() -> None:
    stop = threading.Event()
    with answering(PLAIN + BODY[:LONG], stalls=True) as answers, deadline.until(stop), pytest.raises(TransientError):
        for _ in streaming.stream(answers.wire, "/file"):
            stop.set()
