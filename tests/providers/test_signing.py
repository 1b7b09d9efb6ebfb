"""Tokens for Google Cloud: service accounts and ADC against a real token endpoint, and what is refused unseen."""

import json
import socket
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from jobs.credentials import Credential
from jobs.providers import tokens
from jobs.providers.base import CredentialError, Provider, TransientError
from jobs.providers.signing import bearer, read_service_account
from jobs.simulator.accounts import VertexAccount
from jobs.simulator.app import Simulator

from .harness import Bench, vertex_bench

GOOD = {"type": "service_account", "token_uri": "https://oauth2.googleapis.com/token"}


@pytest.fixture
def bench(simulator: Simulator, base_url: str) -> Bench:
    return vertex_bench(simulator).on_port(base_url)


@pytest.fixture
def key_file(bench: Bench, base_url: str) -> dict[str, str]:
    assert isinstance(bench.remote, VertexAccount)
    return bench.remote.service_account_info(base_url)


@pytest.fixture(autouse=True)
def fresh_holders() -> Iterator[None]:
    tokens.holder.cache_clear()
    yield
    tokens.holder.cache_clear()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


@pytest.fixture
def no_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server without any identity of its own."""
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


def signed_in(bench: Bench, client: httpx.Client, credential: Credential) -> Provider:
    return bench.kind.connect(replace(bench.account, credential=credential), client=client)


def service_account(info: Any) -> Credential:
    return Credential("service_account", info if isinstance(info, str) else json.dumps(info))


def refusal(credential: Credential, base_url: str = "") -> str:
    """The sentence, after a look that nothing secret is near it."""
    with pytest.raises(CredentialError) as raised:
        bearer(credential, base_url=base_url)()
    assert "PRIVATE KEY" not in "".join(traceback.format_exception(raised.value))
    return str(raised.value)


def test_a_service_account_signs_in_once_for_many_requests(
    bench: Bench, client: httpx.Client, key_file: dict[str, str]
) -> None:
    name = bench.remote.add_job().name
    provider = signed_in(bench, client, service_account(key_file))

    assert [job.name for job in provider.list_page().jobs] == [name]
    assert provider.get(name).name == name
    assert isinstance(bench.remote, VertexAccount) and len(bench.remote.minted) == 1


def test_a_token_that_dies_before_its_hour_is_replaced_at_once(
    bench: Bench, client: httpx.Client, key_file: dict[str, str]
) -> None:
    provider = signed_in(bench, client, service_account(key_file))
    provider.list_page()
    assert isinstance(bench.remote, VertexAccount)
    bench.remote.tokens_expire()

    assert provider.list_page().jobs == []
    assert len(bench.remote.minted) == 1


def test_a_refused_plain_token_is_asked_with_once(bench: Bench, client: httpx.Client) -> None:
    bench.remote.faults.set(status=401)

    with pytest.raises(CredentialError):
        bench.connect(client=client).list_page()
    assert bench.remote.journal.count() == 1


def test_a_revoked_service_account_must_be_rotated(
    bench: Bench, client: httpx.Client, key_file: dict[str, str]
) -> None:
    bench.remote.revoke()

    with pytest.raises(CredentialError, match=r"^Google gives no token .*: rotate it\.$"):
        signed_in(bench, client, service_account(key_file)).list_page()


def test_a_key_of_another_account_gets_no_token(
    bench: Bench, client: httpx.Client, key_file: dict[str, str], vertex_account: VertexAccount, base_url: str
) -> None:
    mixed = {**key_file, "private_key": vertex_account.service_account_info(base_url)["private_key"]}

    with pytest.raises(CredentialError, match="Google gives no token"):
        signed_in(bench, client, service_account(mixed)).list_page()


def test_a_token_service_nobody_serves_is_a_matter_of_the_network(key_file: dict[str, str]) -> None:
    with socket.socket() as kept, pytest.raises(TransientError, match=r"^Google's token service cannot be reached: "):
        kept.bind(("127.0.0.1", 0))  # and nobody listens
        nowhere = f"http://127.0.0.1:{kept.getsockname()[1]}"
        bearer(service_account({**key_file, "token_uri": f"{nowhere}/token"}), base_url=nowhere)()


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.com/token",
        "http://oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com.evil.com/token",
        "https://oauth2.googleapis.com@evil.com/token",
        "https://evil.com\\@oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com:444/token",
        "https://[oauth2/token",
        "file:///etc/passwd",
        "",
        None,
        5,
        ["https://oauth2.googleapis.com/token"],
    ],
)
@pytest.mark.parametrize("base_url", ["", "http://sim:9000"])
def test_a_key_goes_to_no_other_token_service(uri: Any, base_url: str) -> None:
    told = "The key file's token_uri is not Google's, so it is not used: download the file anew."

    assert refusal(service_account({**GOOD, "token_uri": uri}), base_url) == told


def test_the_simulators_token_service_counts_for_the_simulator_only() -> None:
    simulated = json.dumps({**GOOD, "token_uri": "http://sim:9000/token"})

    assert read_service_account(simulated, base_url="http://sim:9000")["type"] == "service_account"
    for base_url in ("", "http://sim", "https://sim:9000"):
        with pytest.raises(CredentialError, match="token_uri is not Google's"):
            read_service_account(simulated, base_url=base_url)


@pytest.mark.parametrize("kind", ["authorized_user", "external_account", "impersonated_service_account", "", None, 5])
def test_other_kinds_of_credential_file_are_refused(kind: Any) -> None:
    told = 'The key file must be of "type": "service_account": create one under IAM.'

    assert refusal(service_account({**GOOD, "type": kind})) == told


@pytest.mark.parametrize("pasted", ["", "AIza", "{", "\x00", "[" * 5000])
def test_what_is_no_json_is_no_key_file(pasted: str) -> None:
    told = "This is not a JSON file: paste the service account's key file as downloaded."

    assert refusal(service_account(pasted)) == told


@pytest.mark.parametrize("pasted", ["[]", "5", '"x"', "null"])
def test_other_json_is_no_key_file(pasted: str) -> None:
    assert refusal(service_account(pasted)).startswith('The key file must be of "type"')


@pytest.mark.parametrize("key", ["client_email", "private_key"])
@pytest.mark.parametrize("value", [None, "", 5, [], "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----"])
def test_a_damaged_key_file_gives_no_token(key_file: dict[str, Any], base_url: str, key: str, value: Any) -> None:
    told = refusal(service_account({**key_file, key: value}), base_url)

    assert told.endswith((": rotate it.", ": enter a valid service account, or set up ADC."))


def test_the_servers_own_identity_signs_in(
    bench: Bench, client: httpx.Client, key_file: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adc.json").write_text(json.dumps(key_file))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "adc.json"))
    name = bench.remote.add_job().name

    page = signed_in(bench, client, Credential("adc")).list_page()

    assert [job.name for job in page.jobs] == [name]


@pytest.mark.usefixtures("no_identity")
def test_a_server_without_identity_says_so() -> None:
    told = "This credential gives no token (DefaultCredentialsError): enter a valid service account, or set up ADC."

    assert refusal(Credential("adc")) == told


@pytest.mark.usefixtures("no_identity")
def test_an_identity_file_that_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/adc.json")

    assert refusal(Credential("adc")).endswith(": enter a valid service account, or set up ADC.")


def test_a_slow_token_service_holds_up_no_other(key_file: dict[str, str], base_url: str) -> None:
    slow, quick = service_account({**key_file, "client_id": "1"}), service_account(key_file)
    given: list[str] = []

    with tokens.holder(slow, base_url).refreshing:
        other = Thread(target=lambda: given.append(bearer(quick, base_url=base_url)()["authorization"]), daemon=True)
        other.start()
        other.join(60)

    assert [token[:12] for token in given] == ["Bearer ya29."]


def test_a_plain_token_needs_nobody() -> None:
    assert bearer(Credential("access_token", "ya29.x"))() == {"authorization": "Bearer ya29.x"}


def test_a_token_service_sends_nobody_elsewhere(bench: Bench, key_file: dict[str, str]) -> None:
    asked: list[str] = []

    def app(environ: dict[str, Any], start: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return Response("", 302, {"Location": "/internal"})(environ, start)

    server = make_server("127.0.0.1", 0, app)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with pytest.raises(TransientError, match="token service"):
        bearer(service_account(key_file | {"token_uri": f"{url}/token"}), base_url=url)()
    server.shutdown()
    server.server_close()

    assert asked == ["/token"]
