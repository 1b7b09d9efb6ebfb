"""Cancel and delete at every provider: what they change, and what their refusals mean (WIRE 1.6, 2.5)."""

from datetime import timedelta

import httpx
import pytest
from google import genai
from google.oauth2.credentials import Credentials

from jobs.providers import PROVIDERS
from jobs.providers.base import (
    CredentialError,
    DeleteTicket,
    GoneError,
    ProviderError,
    RefusedError,
    TransientError,
    UnaskableError,
)
from jobs.simulator.accounts import VertexAccount
from jobs.simulator.app import Simulator
from jobs.states import State

from .harness import MAKERS, Bench, vertex_bench

CHANGES = ("cancel", "delete")


def job(bench: Bench, **fate: object) -> str:
    """A job of an hour ago, by default one that has failed."""
    created = bench.remote.clock.now() - timedelta(hours=1)
    return bench.remote.add_job(**({"outcome": "fail", "created": created} | fate)).name  # type: ignore[arg-type]


def failure(bench: Bench, change: str, name: str) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        getattr(bench.connect(), change)(name)
    return raised.value


def test_a_cancelled_job_ends_a_little_later(bench: Bench) -> None:
    name = job(bench, outcome="run")

    bench.connect().cancel(name)
    bench.remote.clock.advance(60)

    assert bench.read(name).reported is State.CANCELLED


def test_a_deleted_job_is_gone(bench: Bench) -> None:
    name = job(bench)

    assert bench.connect().delete(name) is None

    with pytest.raises(GoneError):
        bench.get(name)
    assert bench.names() == []


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_gone_already_is_said_to_be(bench: Bench, change: str) -> None:
    assert type(failure(bench, change, bench.unknown)) is GoneError


def test_a_finished_job_is_not_cancelled(bench: Bench) -> None:
    error = failure(bench, "cancel", job(bench))

    assert (type(error), error.status) == (RefusedError, 400)


@pytest.mark.parametrize("change", CHANGES)
def test_a_missing_right_is_told_of_this_one_request(bench: Bench, change: str) -> None:
    name = job(bench, outcome="run")
    bench.remote.faults.set(status=403)

    error = failure(bench, change, name)

    assert (type(error), error.status) == (RefusedError, 403)
    said = f"This key may not {change} jobs here (The caller does not have permission): give it that right."
    assert str(error) == said


@pytest.mark.parametrize("change", CHANGES)
def test_a_revoked_credential_changes_nothing(bench: Bench, change: str) -> None:
    name = job(bench, outcome="run")
    bench.remote.revoke()

    assert type(failure(bench, change, name)) is CredentialError
    assert bench.remote.jobs[name].cancel_at is None


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_says_how_long_to_wait_and_nothing_is_sent_twice(
    bench: Bench, change: str, status: int
) -> None:
    name = job(bench)
    bench.remote.faults.set(status=status, retry_info="7s")

    error = failure(bench, change, name)

    assert (type(error), error.retry_after, len(bench.remote.journal)) == (TransientError, 7.0, 1)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("fault", ["non_json", "truncate", "reset"])
def test_half_an_answer_leaves_open_what_was_done(bench: Bench, base_url: str, change: str, fault: str) -> None:
    name = job(bench)
    getattr(bench.remote.faults, fault)()

    with httpx.Client() as client, pytest.raises(TransientError):
        getattr(bench.on_port(base_url).connect(client=client), change)(name)
    assert len(bench.remote.journal) == 1


@pytest.mark.parametrize("change", CHANGES)
def test_an_empty_answer_means_done(bench: Bench, change: str) -> None:
    bench.remote.faults.set(status=204, body=b"")

    assert getattr(bench.connect(), change)(job(bench)) is None


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["batches/../x", "batches/a?b", "unnamed/1", "", "../batches/1:cancel"])
def test_a_name_that_leads_elsewhere_is_never_sent(bench: Bench, change: str, name: str) -> None:
    assert type(failure(bench, change, name)) is UnaskableError
    assert len(bench.remote.journal) == 0


@pytest.fixture
def remote(simulator: Simulator) -> tuple[Bench, VertexAccount]:
    bench = vertex_bench(simulator)
    assert isinstance(bench.remote, VertexAccount)
    return bench, bench.remote


def test_vertex_deletes_by_an_operation_that_is_followed(remote: tuple[Bench, VertexAccount]) -> None:
    bench, account = remote
    account.delete_seconds = 60
    provider = bench.connect()

    ticket = provider.delete(job(bench))

    assert ticket is not None
    assert provider.poll(ticket) is False
    account.clock.advance(61)
    assert provider.poll(ticket) is True


def test_vertex_refuses_to_delete_what_runs(remote: tuple[Bench, VertexAccount]) -> None:
    bench, _ = remote

    assert failure(bench, "delete", job(bench, outcome="run")).status == 400


def test_a_delete_that_failed_says_why(remote: tuple[Bench, VertexAccount]) -> None:
    bench, account = remote
    operation = {"name": f"{account.parent}/operations/1", "done": True, "error": {"code": 13, "message": "lost\u202e"}}
    account.faults.set(status=200, body=operation)

    assert str(failure(bench, "delete", job(bench))) == "Vertex AI could not delete it (lost): try again later."


@pytest.mark.parametrize("name", ["operations/1", "projects/1/locations/l/operations/..", "http://x", 5, None])
def test_an_operation_of_an_odd_name_is_not_followed(remote: tuple[Bench, VertexAccount], name: object) -> None:
    bench, account = remote
    account.faults.set(status=200, body={"name": name})

    assert bench.connect().delete(job(bench)) is None
    with pytest.raises(UnaskableError):
        bench.connect().poll(DeleteTicket(str(name)))


@pytest.mark.parametrize("kind", PROVIDERS)
def test_the_sdk_leaves_jobs_as_we_do(simulator: Simulator, base_url: str, kind: str) -> None:
    """The same fates in two accounts: one treated by the SDK, one by us."""
    ours, theirs = (MAKERS[kind](simulator).on_port(base_url) for _ in range(2))
    for bench in (ours, theirs):
        job(bench), job(bench, outcome="run"), job(bench, outcome="run")
    first, second, _ = ours.remote.jobs
    with httpx.Client() as client:
        provider = ours.connect(client=client)
        provider.delete(first)
        provider.cancel(second)
    sdk, (first, second, _) = sdk_client(theirs), theirs.remote.jobs
    sdk.batches.delete(name=first)
    sdk.batches.cancel(name=second)

    assert [one.cancel_at is None for one in ours.remote.jobs.values()] == [False, True]
    assert [one.cancel_at is None for one in theirs.remote.jobs.values()] == [False, True]
    assert [entry.method for entry in ours.remote.journal] == [entry.method for entry in theirs.remote.journal]


def sdk_client(bench: Bench) -> genai.Client:
    options = {"base_url": bench.account.base_url}
    if bench.provider == "gemini":
        return genai.Client(api_key=bench.secret, http_options=options)
    return genai.Client(
        vertexai=True,
        project=bench.account.cloud_project,
        location=bench.account.location,
        credentials=Credentials(token=bench.secret),
        http_options=options,
    )
