"""Who sends slowly, endlessly or ambiguously, on a real server with a single thread for pages."""

import socket
from collections.abc import Iterator

import httpx
import pytest
from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application
from pytest_django import Settings
from werkzeug.wrappers import Response

from dashboard import door
from jobs.models import AuditEntry, Project, User
from tests.live import Server, session_of, wait_until

SIGN_IN = "/accounts/login/"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(door.guarded(WSGIMiddleware(get_wsgi_application(), workers=1))) as running:
        yield running


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0), timeout=60)


def unfinished(server: Server) -> socket.socket:
    """A request to sign in whose body, which the cookie makes Django read, never comes."""
    client = connected(server)
    form = ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 9"]
    head = [f"POST {SIGN_IN} HTTP/1.1", "Host: localhost", f"Cookie: csrftoken={'a' * 32}", *form, "", ""]
    client.sendall("\r\n".join(head).encode())
    return client


def test_those_who_send_slowly_hold_no_thread(server: Server) -> None:
    with unfinished(server), unfinished(server):
        assert httpx.get(f"{server.url}/health", timeout=door.BODY_SECONDS).json() == {"web": "ok"}


def test_a_body_that_does_not_come_is_not_waited_for(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_SECONDS", 0.05)
    with unfinished(server) as client:
        assert client.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_body_larger_than_any_form_is_refused(server: Server) -> None:
    file = {"file": b"0" * door.LARGEST_BODY}

    assert httpx.post(server.url + SIGN_IN, files=file, timeout=60).status_code == 413


def test_a_client_that_leaves_half_way_asks_for_nothing(server: Server) -> None:
    unfinished(server).close()

    wait_until(lambda: not server.server_state.connections)
    assert httpx.get(f"{server.url}/health", timeout=60).status_code == 200


def test_those_who_do_not_read_hold_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "ANSWER_SECONDS", 0.2)
    endless = Response(b"0" * 1_000_000 for _ in range(100))
    with Server(door.guarded(WSGIMiddleware(endless, workers=1))) as server, connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.recv(1)

        assert httpx.get(server.url, timeout=60).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_address_cannot_be_forged_past_the_proxy(
    server: Server, olga: User, project: Project, settings: Settings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    cookies = {"sessionid": session_of(olga), "csrftoken": "a" * 32}
    headers = {"X-Forwarded-For": "192.0.2.7", "X_Forwarded_For": "192.0.2.66", "X-CSRFToken": "a" * 32}

    httpx.post(f"{server.url}/projects/{project.pk}/sync/", cookies=cookies, headers=headers, timeout=60)

    assert [entry.address for entry in AuditEntry.objects.all()] == ["192.0.2.7"]
