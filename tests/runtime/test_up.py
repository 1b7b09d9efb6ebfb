"""``manage.py up``: one supervisor, real children, started and stopped as a person does."""

import os
import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from .board import CHILDREN, Board, refused, started
from .processes import free_port, get, until

pytestmark = [pytest.mark.processes]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """The demo, its data in a folder that shells and configuration files could stumble over."""
    folder = tmp_path_factory.mktemp("of a demo 100%")
    with started(folder / "data", free_port(), folder / "said", "--demo") as board:
        yield board


def test_the_sign_in_it_prints_works(demo: Board) -> None:
    password = re.search(r"^Sign in as “demo” with the password “(\S+)”\.$", demo.said(), re.MULTILINE)
    assert password and f"Batchboard is ready: {demo.url}\n" in demo.said()

    with httpx.Client(base_url=demo.url, trust_env=False) as browser:
        browser.get("/accounts/login/")
        fields = {"login": "demo", "password": password[1], "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        answer = browser.post("/accounts/login/", data=fields)

    assert (answer.status_code, answer.headers["location"]) == (302, "/")


def test_pages_and_the_stream_ask_to_sign_in(demo: Board) -> None:
    assert (get(f"{demo.url}/"), get(f"{demo.url}/stream/")) == (302, 403)


def test_the_demo_shows_jobs_of_simulated_accounts(demo: Board) -> None:
    with closing(sqlite3.connect(demo.data / "batchboard.sqlite3")) as rows:
        kinds = rows.execute("SELECT provider FROM jobs_project ORDER BY provider").fetchall()
        jobs = until(lambda: rows.execute("SELECT count(*) FROM jobs_batchjob").fetchone()[0], "jobs")

    assert kinds == [("gemini",), ("gemini",), ("vertex",)]
    assert jobs > 0


def test_what_it_says_is_in_no_log(demo: Board) -> None:
    secret = (demo.data / "keys" / "demo_password").read_text()

    assert not [path.name for path in (demo.data / "logs").iterdir() if secret in path.read_text()]


def test_nobody_else_on_the_machine_reads_its_data(demo: Board) -> None:
    names = ("batchboard.sqlite3", "supervisor.conf", "demo/world.json", "logs/web.log")

    assert [oct((demo.data / name).stat().st_mode & 0o077) for name in names] == ["0o0"] * 4


def test_a_second_start_is_refused_while_it_runs(demo: Board) -> None:
    complaint = f"CommandError: Batchboard is already running at {demo.url} with the data in {demo.data}.\n"

    assert refused(demo.data, free_port()) == (1, complaint)


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, complaint = refused(tmp_path / "data", port)

    assert status == 1
    assert complaint == (
        f"CommandError: Port {port} on 127.0.0.1 is taken (Address already in use):"
        " stop what listens there, or choose another by PORT=…\n"
    )
    assert not (tmp_path / "data" / "logs").exists()


@pytest.mark.parametrize("name", CHILDREN)
def test_a_child_that_is_killed_runs_again(demo: Board, name: str) -> None:
    killed = until(lambda: demo.pid(name), name)
    os.kill(killed, signal.SIGKILL)

    until(lambda: demo.pid(name) not in (0, killed), f"a new {name}")
    assert until(lambda: get(f"{demo.url}/ready") == 200, "pages")
    assert f"{name} ended unexpectedly, starting it again (see logs/{name}.log)" in demo.said()


def test_ctrl_c_leaves_nothing_behind(demo: Board) -> None:
    """Stands last of those that share the demo."""
    assert demo.stop(signal.SIGINT) == []
    assert demo.child.returncode == 0
    assert demo.said().endswith("Stopping …\nStopped.\n")


def test_the_same_data_starts_again_after_a_kill(tmp_path: Path) -> None:
    data = tmp_path / ("so-deep-that-no-socket-fits-" * 4) / "data"
    with started(data, free_port(), tmp_path / "first") as killed:
        assert killed.stop(signal.SIGKILL) == []
    with started(data, free_port(), tmp_path / "second") as board:
        link = re.search(r"^Set the password of the first admin, “admin”, once: (\S+)$", board.said(), re.MULTILINE)

        assert link and get(link[1]) == 302
        assert get(f"{board.url}/ready") == 200
        assert board.stop(signal.SIGHUP) == []
