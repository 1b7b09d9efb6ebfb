"""Accounts, credentials, lists and the journal."""

from datetime import timedelta

import httpx
import pytest

from jobs.simulator.accounts import GeminiAccount, VertexAccount
from jobs.simulator.app import Simulator
from jobs.simulator.clock import Clock
from tests.fixtures_simulator import NOON


def names(answer: httpx.Response) -> list[str]:
    return [item["name"] for item in answer.json().get("operations", [])]


def test_the_same_seed_gives_the_same_world() -> None:
    one, two = (Simulator(Clock(NOON), seed=7).add_gemini(jobs=40) for _ in range(2))

    assert (one.key, list(one.jobs.values())) == (two.key, list(two.jobs.values()))


def test_another_seed_gives_another_world() -> None:
    one, two = (Simulator(Clock(NOON), seed=seed).add_gemini(jobs=40) for seed in (7, 8))

    assert one.key != two.key
    assert one.jobs.keys().isdisjoint(two.jobs.keys())


def test_history_is_mostly_over_and_goes_back_30_days() -> None:
    account = Simulator(Clock(NOON), seed=1).add_gemini(jobs=400)

    seen = [job.snapshot(NOON) for job in account.jobs.values()]
    oldest = min(job.created for job in account.jobs.values())

    assert 360 < sum(each.terminal for each in seen) < 400
    assert {"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"} == {each.phase for each in seen}
    assert timedelta(days=29) < NOON - oldest <= timedelta(days=30)


def test_a_key_opens_only_its_own_account(
    simulator: Simulator, gemini_account: GeminiAccount, gemini_http: httpx.Client
) -> None:
    mine = gemini_account.add_job()
    theirs = simulator.add_gemini().add_job()

    assert names(gemini_http.get("/v1beta/batches?pageSize=10")) == [mine.name]
    assert gemini_http.get(f"/v1beta/{theirs.name}").status_code == 404


def test_two_keys_open_the_same_account(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    job = gemini_account.add_job()

    answer = gemini_http.get("/v1beta/batches", headers={"x-goog-api-key": gemini_account.add_key()})

    assert names(answer) == [job.name]


@pytest.mark.parametrize(
    ("headers", "status", "word"),
    [({}, 403, "PERMISSION_DENIED"), ({"x-goog-api-key": "wrong"}, 400, "INVALID_ARGUMENT")],
)
def test_gemini_refuses_without_a_good_key(
    simulator: Simulator, headers: dict[str, str], status: int, word: str
) -> None:
    with httpx.Client(transport=httpx.WSGITransport(app=simulator), base_url="http://sim") as http:
        answer = http.get("/v1beta/batches", headers=headers)

    assert (answer.status_code, answer.json()["error"]["status"]) == (status, word)


def test_a_revoked_key_is_an_invalid_one(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    gemini_account.revoke()

    [detail] = gemini_http.get("/v1beta/batches").json()["error"]["details"]

    assert detail["reason"] == "API_KEY_INVALID"


def test_a_revoked_token_is_unauthenticated(vertex_account: VertexAccount, vertex_http: httpx.Client) -> None:
    vertex_account.revoke()

    answers = [
        vertex_http.get(f"/v1/{vertex_account.parent}/batchPredictionJobs"),
        vertex_http.get(f"/storage/v1/b/{vertex_account.bucket}/o"),
    ]

    assert [answer.status_code for answer in answers] == [401, 401]


def test_vertex_answers_to_number_and_id(vertex_account: VertexAccount, vertex_http: httpx.Client) -> None:
    job = vertex_account.add_job()
    by_id = job.name.replace(vertex_account.cloud_number, vertex_account.cloud_project)

    assert [vertex_http.get(f"/v1/{name}").json()["name"] for name in (job.name, by_id)] == [job.name, job.name]


def test_vertex_refuses_a_foreign_project(vertex_http: httpx.Client) -> None:
    answer = vertex_http.get("/v1/projects/else/locations/us-central1/batchPredictionJobs")

    assert answer.status_code == 403
    assert "aiplatform.batchPredictionJobs.list" in answer.json()["error"]["message"]


def test_pages_hold_still_while_jobs_come_and_go(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    jobs = [gemini_account.add_job(created=NOON - timedelta(minutes=age)) for age in range(5)]
    first = gemini_http.get("/v1beta/batches?pageSize=2")
    gemini_account.add_job()
    gemini_account.forget(jobs[1].name)

    token = first.json()["nextPageToken"]
    second = gemini_http.get("/v1beta/batches", params={"pageSize": 9, "pageToken": token})

    assert names(first) + names(second) == [job.name for job in jobs]


def test_a_future_job_is_not_seen_yet(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    job = gemini_account.add_job(created=NOON + timedelta(seconds=10))
    assert gemini_http.get("/v1beta/batches").json() == {}
    assert gemini_http.get(f"/v1beta/{job.name}").status_code == 404

    gemini_account.clock.advance(10)

    assert names(gemini_http.get("/v1beta/batches")) == [job.name]


def test_the_simulators_clock_moves_every_account() -> None:
    simulator = Simulator(Clock(NOON))
    one, two = simulator.add_gemini(), simulator.add_vertex()
    one.clock.advance(60)

    simulator.clock.advance(3600)

    assert one.clock.now() == NOON + timedelta(seconds=3660)
    assert two.clock.now() == NOON + timedelta(seconds=3600)


def test_zero_counts_are_left_out(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    job = gemini_account.add_job(requests=3)

    body = gemini_http.get(f"/v1beta/{job.name}").json()

    assert body["metadata"]["batchStats"] == {"requestCount": "3", "pendingRequestCount": "3"}
    assert "done" not in body


def test_bytes_change_only_when_the_job_does(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    gemini_account.add_job(queue_seconds=0, run_seconds=6000)
    gemini_account.clock.advance(100)
    answers = [gemini_http.get("/v1beta/batches").content]
    for seconds in (10, 37):
        gemini_account.clock.advance(seconds)
        answers.append(gemini_http.get("/v1beta/batches").content)

    assert (answers[0] == answers[1], answers[1] == answers[2]) == (True, False)


def test_the_journal_knows_everything_but_secrets(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    gemini_http.get("/v1beta/batches", params={"key": gemini_account.key, "pageSize": 5})
    gemini_http.post("/v1beta/batches/none:cancel")

    listed, cancelled = gemini_account.journal

    assert (listed.at, listed.method, listed.path, listed.status) == (NOON, "GET", "/v1beta/batches", 200)
    assert (listed.query, listed.account) == ("key=%2A%2A%2A&pageSize=5", gemini_account.name)
    assert (cancelled.status, gemini_account.journal.count(method="POST", path=":cancel$")) == (404, 1)


def test_models_say_what_they_can(gemini_http: httpx.Client) -> None:
    models = {model["name"]: model for model in gemini_http.get("/v1beta/models").json()["models"]}

    assert "batchGenerateContent" in models["models/gemini-2.5-flash"]["supportedGenerationMethods"]
    assert "asyncBatchEmbedContent" in models["models/gemini-embedding-001"]["supportedGenerationMethods"]


def test_snake_case_is_understood(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    requests = {"requests": [{"request": {"contents": []}, "metadata": {"my_key": "a"}}]}
    batch = {"display_name": "snake", "input_config": {"requests": requests}, "priority": "5"}

    answer = gemini_http.post("/v1beta/models/gemini-2.5-flash:batchGenerateContent", json={"batch": batch})

    assert (answer.json()["metadata"]["displayName"], answer.json()["metadata"]["priority"]) == ("snake", "5")
    [job] = gemini_account.jobs.values()
    assert job.inline == requests["requests"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1beta/batches/none", 404),
        ("GET", "/v1beta/batches/none:delete", 404),
        ("POST", "/v1beta/models/gpt-9:batchGenerateContent", 404),
        ("POST", "/v1beta/models/gemini-2.5-flash:batchGenerateContent", 400),
        ("GET", "/v1beta/batches?pageSize=x", 400),
        ("GET", "/v1beta/batches?pageToken=x", 400),
        ("GET", "/v1beta/nothing", 404),
    ],
)
def test_what_makes_no_sense_is_refused(gemini_http: httpx.Client, method: str, path: str, status: int) -> None:
    answer = gemini_http.request(method, path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, status)


def test_a_finished_job_cannot_be_cancelled(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    job = gemini_account.add_job(queue_seconds=0, run_seconds=0)

    answer = gemini_http.post(f"/v1beta/{job.name}:cancel")

    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "FAILED_PRECONDITION")
