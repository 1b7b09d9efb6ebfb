"""A provider that answers a few bytes at a time, for ever."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def dripping(first: bytes, drop: bytes) -> Iterator[str]:
    """The address of a provider that answers ``first`` and then a ``drop`` each 10 ms, until the client leaves."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_drip, args=(listener, first, drop, done))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


def _drip(listener: socket.socket, first: bytes, drop: bytes, done: threading.Event) -> None:
    client, _ = listener.accept()
    with client:
        try:
            client.sendall(first)
            while not done.wait(0.01):
                client.sendall(drop)
        except OSError:
            return
