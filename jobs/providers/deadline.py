"""A deadline for a whole exchange, kept on the socket.

httpx's timeouts are for each read alone: an answer whose headers drip in, a byte at a time, or that begins with
"103 Early Hints" without end passes all of them, and holds a worker's thread for days.
"""

import math
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Event
from typing import Any

import httpcore
import httpx

LISTENS = 0.25  # seconds between two looks at whether to stop
_ends: ContextVar[float] = ContextVar("ends", default=math.inf)
_at_once: ContextVar[int] = ContextVar("at_once", default=0)
_stop: ContextVar[Event | None] = ContextVar("stop", default=None)


@contextmanager
def within(seconds: float, *, at_once: int = 0) -> Iterator[None]:
    """What is read from a provider meanwhile, in this thread, must have come by then: else httpx.ReadTimeout.

    Inside another one, the earlier end holds. ``at_once``: bytes that the socket may give in one piece, where
    httpcore's 64 KiB are few.
    """
    ends = _ends.set(min(_ends.get(), time.monotonic() + seconds))
    most = _at_once.set(at_once)
    try:
        yield
    finally:
        _ends.reset(ends)
        _at_once.reset(most)


@contextmanager
def until(stop: Event) -> Iterator[None]:
    """What is read from a provider meanwhile, in this thread, is left as soon as ``stop`` is set: httpx.ReadError."""
    token = _stop.set(stop)
    try:
        yield
    finally:
        _stop.reset(token)


def transport(limits: httpx.Limits) -> httpx.HTTPTransport:
    """httpx's own, on sockets that keep the deadline."""
    made = httpx.HTTPTransport(limits=limits, trust_env=False)
    made._pool._network_backend = _Backend()  # httpx passes on no other way to choose it
    return made


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        ends, stop, max_bytes = _ends.get(), _stop.get(), max(max_bytes, _at_once.get())
        ends = ends if timeout is None else min(ends, time.monotonic() + timeout)
        while (left := ends - time.monotonic()) > 0:
            if stop is None:
                return self._stream.read(max_bytes, left)
            if stop.is_set():
                raise httpcore.ReadError("nobody wants the rest")
            with suppress(httpcore.ReadTimeout):
                return self._stream.read(max_bytes, min(left, LISTENS))
        raise httpcore.ReadTimeout

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(host, port, timeout, local_address, socket_options))
