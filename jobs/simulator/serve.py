"""The simulator on a port: in a background thread for tests, or as a process that says when it is ready."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from a2wsgi import WSGIMiddleware

from jobs.simulator import texts
from jobs.simulator.accounts import Account, GeminiAccount, VertexAccount
from jobs.simulator.app import Simulator
from jobs.simulator.clock import Clock
from jobs.simulator.fast import ASGIApp, Prebuilt
from jobs.simulator.world import trickle

THREADS = 64


class Server(uvicorn.Server):
    """Calls ``ready`` when it really listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.ready()


def build(accounts: int, jobs: int, seed: int | str, clock: Clock, every: float = 90.0) -> Simulator:
    """A whole world of ``jobs`` jobs; every third account is Vertex; each gets a new job every ``every`` seconds."""
    simulator = Simulator(clock=clock, seed=seed)
    for nth in range(accounts):
        again, place = divmod(nth, len(texts.ACCOUNT_NAMES))
        name = texts.ACCOUNT_NAMES[place] + (f"-{again + 1}" if again else "")
        add = simulator.add_vertex if nth % 3 == 2 else simulator.add_gemini
        account = add(jobs=jobs // accounts + (nth < jobs % accounts), name=name)
        if every:
            account.grow = trickle(account, every)
    return simulator


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(2048)
    except OSError:
        bound.close()
        raise
    return bound


def address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server(simulator: Simulator, ready: Callable[[], None], fast: bool = False, log_level: str = "error") -> Server:
    app: ASGIApp = WSGIMiddleware(simulator, workers=THREADS)
    if fast:
        app = Prebuilt(app, simulator)
    # The simulated clock writes the Date header, so uvicorn must not.
    config = uvicorn.Config(
        app,
        log_level=log_level,
        access_log=False,
        date_header=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    return Server(config, ready)


@contextlib.contextmanager
def serving(simulator: Simulator, fast: bool = False, port: int = 0) -> Iterator[str]:
    """Serve in a background thread, on a free port unless told; yields the base URL."""
    bound, ready = listen("127.0.0.1", port), threading.Event()
    running = server(simulator, ready.set, fast, log_level="critical")
    thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError("The simulator did not start within 10 seconds.")
        yield address(bound)
    finally:
        simulator.stop()
        running.should_exit = True
        thread.join(5)
        bound.close()


def describe(simulator: Simulator, base_url: str) -> dict[str, Any]:
    """What a client needs to know, secrets and all."""
    return {"base_url": base_url, "accounts": [_described(account) for account in simulator.accounts]}


def _described(account: Account) -> dict[str, Any]:
    known: dict[str, Any] = {"kind": account.kind, "name": account.name}
    if isinstance(account, GeminiAccount):
        known["key"] = account.key
    if isinstance(account, VertexAccount):
        fields = ("token", "cloud_project", "cloud_number", "location", "bucket", "dataset")
        known |= {field: getattr(account, field) for field in fields}
    return known
