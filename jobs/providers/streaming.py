"""Bodies of any size as they come, from any byte on: bounded in memory, and in how long they may idle."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import httpcore
import httpx

from . import deadline
from .base import Chunks, RefusedError, ResultsChanged, TransientError
from .failures import content_range
from .unpacking import ENCODING, Bounds, unpacked
from .wire import TIMEOUT, Wire, network_trouble, sendable, without_secrets

CHUNK = 256 * 1024
AT_ONCE = 1024 * 1024  # read from a socket in one piece
LONG = 4 * AT_ONCE  # worth a connection that is not used again
PATIENCE_A_CHUNK = 60.0  # a body that drips in slower than a chunk a minute is left
SECRET_HEADERS = ("authorization", "x-goog-api-key")
AN_ERROR = Bounds(64 * 1024, 64 * 1024)


def stream(
    wire: Wire, path: str, params: Mapping[str, str] | None = None, *, start: int = 0, size: int | None = None
) -> Chunks:
    """What is at ``path`` from byte ``start`` on; ``size``: how many bytes it had when last asked.

    The budget is asked for the beginning only: who reads slowly keeps nobody else's turn.
    """
    with _opened(wire, path, params, start) as response:
        if response.status_code == 416 and start in (content_range(response.headers)[1], size):
            return
        skip, length = _stretch(wire, response, start, size)
        yield from _exactly(_chunks(response), skip, length)


def measure(wire: Wire, path: str, params: Mapping[str, str] | None = None) -> tuple[int | None, bool]:
    """How many bytes are at ``path``, if that is told, and whether they can be read from any byte on."""
    with _opened(wire, path, params, 0, stop=0) as response:
        if response.status_code == 206:
            return content_range(response.headers)[1], True
        if response.status_code == 416:
            return 0, False
        _stretch(wire, response, 0, None)
        return _content_length(response), False


def skipping(chunks: Iterable[bytes], skip: int) -> Iterator[bytes]:
    """``chunks`` without their first ``skip`` bytes."""
    for chunk in chunks:
        if skip < len(chunk):
            yield chunk[skip:] if skip else chunk
        skip = max(skip - len(chunk), 0)


def gathered(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Short lines joined into chunks worth passing on."""
    waiting, size = list[bytes](), 0
    for each in lines:
        waiting.append(each)
        size += len(each)
        if size >= CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


@contextmanager
def _opened(
    wire: Wire, path: str, params: Mapping[str, str] | None, start: int, stop: int | None = None
) -> Iterator[httpx.Response]:
    """The answer, its body not yet read; closed in the end, which cuts what still comes."""
    response = _ask(wire, path, params, start, stop)
    if response.status_code == 401 and wire.renew():
        response.close()
        response = _ask(wire, path, params, start, stop)
    try:
        yield response
    finally:
        response.close()


def _ask(wire: Wire, path: str, params: Mapping[str, str] | None, start: int, stop: int | None) -> httpx.Response:
    headers = sendable(wire.sign()) | {"accept-encoding": "identity"}
    if start or stop is not None:
        headers["range"] = f"bytes={start}-{'' if stop is None else stop}"
    with network_trouble(), wire.gate(), deadline.within(wire.patience):
        request = wire.client.build_request("GET", wire.base_url.rstrip("/") + path, params=params, headers=headers)
        return wire.client.send(request, stream=True, follow_redirects=False)


def _stretch(wire: Wire, response: httpx.Response, start: int, size: int | None) -> tuple[int, int | None]:
    """How many bytes of the body to skip, and how many it has, if that is told; raise for what is no such body."""
    if response.status_code not in (200, 206):
        raise _failure(wire, response)
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise RefusedError("The provider packs what was asked for plain, so it is not read: check its encoding there.")
    if response.status_code == 200:
        length = _content_length(response)
        return start, _unchanged(length, size)
    first, total = content_range(response.headers)
    if first != start:
        raise ResultsChanged("The provider answers with another piece than was asked for; it is read anew.")
    whole = _unchanged(total, size)
    return 0, whole - start if whole is not None else _content_length(response)


def _unchanged(found: int | None, size: int | None) -> int | None:
    if found is not None and size is not None and found != size:
        raise ResultsChanged("The results changed at the provider while they were read; they are read anew.")
    return found if found is not None else size


def _failure(wire: Wire, response: httpx.Response) -> Exception:
    if response.status_code == 416:
        return ResultsChanged("The results are shorter than they were; they are read anew.", status=416)
    secrets = {name: value for name, value in response.request.headers.items() if name in SECRET_HEADERS}
    body = without_secrets(_error_body(response, wire.patience), secrets)
    return wire.sort(response.status_code, response.headers, body, listing=False)


def _error_body(response: httpx.Response, patience: float) -> bytes:
    encoding = response.headers.get("content-encoding", "").strip().lower()
    try:
        with network_trouble(), deadline.within(patience):
            return b"".join(unpacked(response.iter_raw(), encoding if encoding == ENCODING else "", AN_ERROR))
    except (RefusedError, TransientError):  # too long or cut: its status says enough
        return b""


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    chunks = gathered(_straight(response))
    while True:
        with network_trouble(), deadline.within(PATIENCE_A_CHUNK, at_once=AT_ONCE):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def _straight(response: httpx.Response) -> Iterator[bytes]:
    """The body. Of a long one only the first piece goes through h11, which copies each byte three times on its way.

    With that piece h11 gives out all it has; were that ever otherwise, the body would be too short (``_exactly``).
    """
    left = _on_the_wire(response)
    pieces = response.iter_raw()  # closes the connection when it is dropped
    for piece in pieces:
        yield piece
        left -= len(piece)
        if left >= LONG:
            break
    else:
        return
    socket: httpcore.NetworkStream = response.extensions["network_stream"]
    while left > 0 and (piece := socket.read(AT_ONCE, TIMEOUT.read)):
        yield piece[:left]
        left -= len(piece)


def _on_the_wire(response: httpx.Response) -> int:
    """How many bytes of a connection the body is, and nothing but the body; 0 where that is not so."""
    framed = response.http_version != "HTTP/1.1" or "transfer-encoding" in response.headers
    return 0 if framed or "network_stream" not in response.extensions else _content_length(response) or 0


def _exactly(chunks: Iterable[bytes], skip: int, length: int | None) -> Iterator[bytes]:
    """``chunks`` without the first ``skip`` bytes; raise TransientError unless there were ``length`` in all."""
    come = 0
    for chunk in chunks:
        come += len(chunk)
        yield from skipping([chunk], skip)
        skip = max(skip - len(chunk), 0)
    if skip or (length is not None and come != length):
        raise TransientError("The provider's answer came only in part; the rest is asked for again.")


def _content_length(response: httpx.Response) -> int | None:
    told = response.headers.get("content-length", "")
    return int(told) if told.isdigit() and len(told) < 19 else None
