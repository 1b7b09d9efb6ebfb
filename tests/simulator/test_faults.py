"""Every way in which a provider misbehaves can be switched on, and off again."""

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from jobs.simulator.accounts import GeminiAccount, VertexAccount
from jobs.simulator.app import Simulator
from jobs.simulator.serve import serving
from tests.fixtures_simulator import NOON
from tests.simulator.pages import pages

LIST = "/v1beta/batches?pageSize=2"


@pytest.fixture
def account(gemini_account: GeminiAccount) -> GeminiAccount:
    """With five jobs, a minute apart."""
    for minute in range(5):
        gemini_account.add_job(created=NOON - timedelta(minutes=minute))
    return gemini_account


def test_429_comes_with_retry_info_and_details(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    account.faults.set(status=429, retry_info="34.07s", details=True)

    error = gemini_http.get(LIST).json()["error"]

    assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
    kinds = [detail["@type"].rsplit(".", 1)[-1] for detail in error["details"]]
    assert (kinds, error["details"][-1]["retryDelay"]) == (["QuotaFailure", "Help", "RetryInfo"], "34.07s")


def test_429_comes_without_anything(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    account.faults.set(status=429)

    assert "details" not in gemini_http.get(LIST).json()["error"]


def test_a_fault_wears_off_after_its_times(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    account.faults.set(status=503, times=2)

    assert [gemini_http.get(LIST).status_code for _ in range(3)] == [503, 503, 200]


def test_a_fault_keeps_to_its_path(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    account.faults.set(status=500, path=":cancel$")
    job = next(iter(account.jobs))

    statuses = (gemini_http.post(f"/v1beta/{job}:cancel").status_code, gemini_http.get(LIST).status_code)

    assert statuses == (500, 200)


@pytest.mark.parametrize("body", [[{"error": {"code": 500}}], "busy"])
def test_an_error_has_any_body(account: GeminiAccount, gemini_http: httpx.Client, body: object) -> None:
    account.faults.set(status=500, body=body)

    assert gemini_http.get(LIST).text == (body if isinstance(body, str) else json.dumps(body, separators=(",", ":")))


def test_a_web_page_instead_of_json(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    account.faults.non_json()

    answer = gemini_http.get(LIST)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")


def test_half_a_body(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    whole = gemini_http.get(LIST).content
    account.faults.truncate()

    assert gemini_http.get(LIST).content == whole[: len(whole) // 2]


def test_a_dropped_connection(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    account.faults.reset()

    with pytest.raises(httpx.ReadError):
        gemini_http.get(LIST)


@pytest.mark.parametrize("fault", ["truncate", "reset"])
def test_a_server_breaks_off(simulator: Simulator, account: GeminiAccount, base_url: str, fault: str) -> None:
    getattr(account.faults, fault)()

    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{base_url}{LIST}", headers={"x-goog-api-key": account.key}, timeout=60)


def test_a_client_gives_up_on_a_hanging_server(account: GeminiAccount) -> None:
    simulator = Simulator(account.clock)
    hanging = simulator.add_gemini()
    hanging.faults.hang(30)

    with serving(simulator) as url, pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{url}{LIST}", headers={"x-goog-api-key": hanging.key}, timeout=httpx.Timeout(60, read=0.2))


def test_an_empty_page_in_the_middle(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    account.faults.empty_middle_page()

    assert [len(page) for page in pages(gemini_http, 2)] == [2, 0, 2, 1]


def test_page_tokens_expire(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    token = gemini_http.get(LIST).json()["nextPageToken"]
    account.faults.expire_page_tokens()

    answer = gemini_http.get(LIST, params={"pageToken": token})

    assert (answer.status_code, gemini_http.get(LIST).status_code) == (400, 200)


def test_a_shuffled_list_is_complete(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    account.faults.shuffle_list()

    names = [name for page in pages(gemini_http, 2) for name in page]

    assert names != list(account.jobs)
    assert sorted(names) == sorted(account.jobs)


def test_the_date_header_runs_ahead(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    account.faults.date_skew(3600)

    assert parsedate_to_datetime(gemini_http.get(LIST).headers["date"]) == NOON + timedelta(hours=1)


def test_hostile_fields_reach_every_job(vertex_account: VertexAccount, vertex_http: httpx.Client) -> None:
    job = vertex_account.add_job(labels={"team": "search"})
    vertex_account.faults.hostile = {"displayName": "<script>", "labels": {"x": 1}, "completionStats": None}

    body = vertex_http.get(f"/v1/{job.name}").json()

    assert (body["displayName"], body["labels"], body["completionStats"]) == (
        "<script>",
        {"team": "search", "x": 1},
        None,
    )


def test_odd_jobs_are_appended_to_the_first_page(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    account.faults.hostile = [None, {"name": 7}]

    assert gemini_http.get(LIST).json()["operations"][2:] == [None, {"name": 7}]


def test_clear_puts_everything_off(account: GeminiAccount, gemini_http: httpx.Client) -> None:
    account.faults.set(status=500)
    account.faults.hang(60)
    account.faults.shuffle_list()
    account.faults.hostile = {"name": 1}

    account.faults.clear()

    assert [item["name"] for item in gemini_http.get(LIST).json()["operations"]] == list(account.jobs)[:2]
