"""What must be true before anything starts, and what supervisord is told."""

import os
import socket
from configparser import RawConfigParser
from datetime import datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from dashboard import environment
from dashboard.runtime import demo, programs
from dashboard.runtime.prepare import CannotStart, hold, kept_moment, kept_port, own_folder
from dashboard.runtime.welcome import address, demo_sign_in, first_sign_in, mixed_up
from jobs.models import Project, User

from .processes import free_port


def test_a_held_folder_names_its_holder(tmp_path: Path) -> None:
    held = hold(tmp_path, "http://127.0.0.1:8000")

    with pytest.raises(CannotStart, match=r"^Batchboard is already running at http://127.0.0.1:8000 with the data in"):
        hold(tmp_path, "http://127.0.0.1:9000")
    os.close(held)


def test_a_port_is_kept_while_it_is_free(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "port").write_text(str(port))

    assert kept_port(tmp_path / "port") == port
    with socket.create_server(("127.0.0.1", port)):
        assert kept_port(tmp_path / "port") != port


def test_a_socket_is_not_put_into_somebody_elses_folder(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
    folder = tmp_path if os.geteuid() == 0 else Path("/usr")

    with pytest.raises(CannotStart, match="belongs to another user: remove it, or choose a shorter BATCHBOARD_DATA"):
        own_folder(folder)


@pytest.mark.parametrize(("letters", "place"), [(60, "/d"), (90, "/tmp/batchboard-")])
def test_the_brokers_socket_fits_the_systems_limit(letters: int, place: str) -> None:
    socket_path = str(environment.broker_socket(Path("/" + "d" * letters)))

    assert socket_path.startswith(place)
    assert len(socket_path) <= 100


def test_supervisord_restarts_for_ever_and_stops_the_broker_last(tmp_path: Path) -> None:
    text = programs.configuration([programs.broker(tmp_path / "s", tmp_path), programs.web("::1", 80)], tmp_path)
    parser = RawConfigParser()
    parser.read_string(text)

    assert parser["program:web"]["autorestart"] == "true"
    assert parser["program:web"]["startretries"] == "1000000000"
    assert (parser["program:broker"]["priority"], parser["group:app"]["priority"]) == ("1", "2")
    assert parser["group:app"]["programs"] == "web"


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("fe80::1", "[fe80::1]")]
)
def test_the_address_printed_can_be_opened(host: str, shown: str) -> None:
    assert address(host, 8000) == f"http://{shown}:8000"


def test_demo_accounts_follow_the_simulator(db: None, at: datetime) -> None:
    accounts = [{"kind": "gemini", "name": "catalog", "key": "AIza-demo"}]
    demo.put_on_board({"base_url": "http://127.0.0.1:1111", "accounts": accounts}, at)
    demo.put_on_board({"base_url": "http://127.0.0.1:2222", "accounts": accounts}, at)

    assert Project.objects.values_list("name", "base_url").get() == ("catalog", "http://127.0.0.1:2222")


def test_the_demo_password_stays_the_same(db: None) -> None:
    assert demo_sign_in() == demo_sign_in()
    assert User.objects.get().is_superuser


def test_the_first_admins_link_ends_with_a_password(db: None) -> None:
    assert first_sign_in("http://b").startswith(
        "Set the password of the first admin, “admin”, once: http://b/accounts/"
    )

    admin = User.objects.get()
    admin.set_password("a long enough one")
    admin.save()
    assert first_sign_in("http://b") == "Sign in with your account."


def test_data_of_the_demo_are_told_apart(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path
    assert mixed_up() == ""

    (tmp_path / "demo").mkdir()
    kept_moment(tmp_path / programs.SINCE)

    told = f"\nThe demo has run in {tmp_path}, and its projects are there: name another folder by BATCHBOARD_DATA=…"
    assert mixed_up() == told
