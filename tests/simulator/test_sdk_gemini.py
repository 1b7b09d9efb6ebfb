"""The official google-genai runs unchanged against the simulator, Gemini Developer API.

Seen with google-genai 3.4 and not with 2.34 (WIRE 6): the Gemini API is asked at ``/v1``, no longer ``/v1beta``;
the HTTP client is httpx2; ``BatchJob.done`` of a job without state is False, no longer None.
"""

import io
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from google import genai
from google.genai import errors

from jobs.simulator.accounts import GeminiAccount
from jobs.simulator.jobs import Outcome
from tests.fixtures_simulator import NOON

MODEL = "gemini-2.5-flash"
UPLOAD = {"mime_type": "application/jsonl", "display_name": "requests"}


@pytest.fixture
def client(base_url: str, gemini_account: GeminiAccount) -> Iterator[genai.Client]:
    with genai.Client(api_key=gemini_account.key, http_options={"base_url": base_url}) as client:
        yield client


def request_line(key: str) -> bytes:
    return json.dumps({"key": key, "request": {"contents": [{"parts": [{"text": "Hi"}]}]}}).encode() + b"\n"


def test_a_file_goes_up_and_its_answers_come_down(client: genai.Client, gemini_account: GeminiAccount) -> None:
    uploaded = client.files.upload(file=io.BytesIO(request_line("a") + request_line("b")), config=UPLOAD)
    created = client.batches.create(model=MODEL, src=uploaded.name, config={"display_name": "mine"})

    gemini_account.clock.advance(661)
    done = client.batches.get(name=created.name)

    assert (created.state.name, done.state.name, done.done) == ("JOB_STATE_PENDING", "JOB_STATE_SUCCEEDED", True)
    assert (done.display_name, done.dest.file_name) == ("mine", gemini_account.jobs[done.name].output_name)
    lines = client.files.download(file=done.dest.file_name).splitlines()
    assert [json.loads(line)["key"] for line in lines] == ["a", "b"]


def test_a_large_file_goes_up_in_two_chunks(client: genai.Client, gemini_account: GeminiAccount) -> None:
    content = request_line("a") + b" " * (8 * 1024 * 1024)

    uploaded = client.files.upload(file=io.BytesIO(content), config=UPLOAD)

    assert uploaded.size_bytes == len(content)
    assert gemini_account.journal.count(method="POST", path="^/upload/") == 3


def test_files_are_listed_read_and_deleted(client: genai.Client) -> None:
    uploaded = client.files.upload(file=io.BytesIO(request_line("a")), config=UPLOAD)
    assert [file.name for file in client.files.list()] == [uploaded.name]
    assert client.files.get(name=uploaded.name).display_name == "requests"

    client.files.delete(name=uploaded.name)

    with pytest.raises(errors.ClientError, match="it may not exist") as refused:
        client.files.get(name=uploaded.name)
    assert refused.value.code == 403


def test_inline_answers_come_with_get_only(client: genai.Client, gemini_account: GeminiAccount) -> None:
    request = {"contents": [{"parts": [{"text": "Hi"}], "role": "user"}], "metadata": {"key": "k1"}}
    created = client.batches.create(model=MODEL, src=[request, request])
    gemini_account.clock.advance(3600)

    [answer, _] = client.batches.get(name=created.name).dest.inlined_responses

    assert (answer.metadata, answer.response.candidates[0].finish_reason.name) == ({"key": "k1"}, "STOP")
    assert next(iter(client.batches.list(config={"page_size": 10}))).dest is None


@pytest.mark.filterwarnings("ignore::google.genai._common.ExperimentalWarning")
def test_embeddings_of_inlined_requests(client: genai.Client, gemini_account: GeminiAccount) -> None:
    contents = {"inlined_requests": {"contents": ["a", "b"]}}
    created = client.batches.create_embeddings(model="gemini-embedding-001", src=contents)
    gemini_account.clock.advance(3600)

    answers = client.batches.get(name=created.name).dest.inlined_embed_content_responses

    assert [len(answer.response.embedding.values) for answer in answers] == [128, 128]


@pytest.mark.filterwarnings("ignore::google.genai._common.ExperimentalWarning")
def test_embeddings_of_a_file(client: genai.Client, gemini_account: GeminiAccount) -> None:
    row = json.dumps({"key": "e1", "request": {"content": {"parts": [{"text": "Hi"}]}}}).encode()
    uploaded = client.files.upload(file=io.BytesIO(row), config=UPLOAD)
    created = client.batches.create_embeddings(model="gemini-embedding-001", src={"file_name": uploaded.name})
    gemini_account.clock.advance(3600)

    done = client.batches.get(name=created.name)

    line = json.loads(client.files.download(file=done.dest.file_name))
    assert (line["key"], len(line["response"]["embedding"]["values"])) == ("e1", 128)


def test_a_list_goes_over_pages_newest_first(client: genai.Client, gemini_account: GeminiAccount) -> None:
    for minute in range(7):
        gemini_account.add_job(created=NOON - timedelta(minutes=minute))

    assert [job.name for job in client.batches.list(config={"page_size": 3})] == list(gemini_account.jobs)
    assert gemini_account.journal.count(path="^/v1/batches$") == 3


def test_an_empty_account_lists_nothing(client: genai.Client) -> None:
    assert list(client.batches.list(config={"page_size": 3})) == []


@pytest.mark.parametrize(
    ("outcome", "seconds", "state"),
    [
        ("succeed", 0, "JOB_STATE_PENDING"),
        ("succeed", 300, "JOB_STATE_RUNNING"),
        ("partial", 700, "JOB_STATE_SUCCEEDED"),
        ("fail", 700, "JOB_STATE_FAILED"),
        ("stuck", 200_000, "JOB_STATE_EXPIRED"),
    ],
)
def test_every_state_is_understood(
    client: genai.Client, gemini_account: GeminiAccount, outcome: Outcome, seconds: int, state: str
) -> None:
    job = gemini_account.add_job(outcome=outcome)
    gemini_account.clock.advance(seconds)

    assert client.batches.get(name=job.name).state.name == state


def test_a_state_the_sdk_does_not_know_warns(client: genai.Client, gemini_account: GeminiAccount) -> None:
    job = gemini_account.add_job(outcome="unknown", queue_seconds=0)

    with pytest.warns(UserWarning, match="BATCH_STATE_REBALANCING is not a valid JobState"):
        assert client.batches.get(name=job.name).state.name == "BATCH_STATE_REBALANCING"


def test_a_cancel_takes_effect_a_little_later(client: genai.Client, gemini_account: GeminiAccount) -> None:
    job = gemini_account.add_job(queue_seconds=0)
    client.batches.cancel(name=job.name)
    assert client.batches.get(name=job.name).state.name == "JOB_STATE_RUNNING"

    gemini_account.clock.advance(5)

    assert client.batches.get(name=job.name).state.name == "JOB_STATE_CANCELLED"


def test_a_deleted_job_takes_its_answers_along(client: genai.Client, gemini_account: GeminiAccount) -> None:
    job = gemini_account.add_job(queue_seconds=0, run_seconds=0)
    assert client.batches.delete(name=job.name).done is None

    with pytest.raises(errors.ClientError) as refused:
        client.files.download(file=job.output_name)
    with pytest.raises(errors.ClientError, match="Requested entity was not found"):
        client.batches.get(name=job.name)
    assert refused.value.code == 404


def test_details_in_a_row_error_break_the_sdk(client: genai.Client, gemini_account: GeminiAccount) -> None:
    """Why the product reads raw JSON (WIRE 6.2): still so in 3.4."""
    gemini_account.add_job(source="inline", requests=1, queue_seconds=0, run_seconds=0)
    row = {"error": {"code": 3, "message": "no", "details": [{"@type": "x"}]}}
    gemini_account.faults.hostile = {"metadata": {"output": {"inlinedResponses": {"inlinedResponses": [row]}}}}

    with pytest.raises(ValueError, match=r"details\.0"):
        list(client.batches.list(config={"page_size": 10}))


def test_a_wrong_key_is_a_400(base_url: str) -> None:
    with (
        genai.Client(api_key="wrong", http_options={"base_url": base_url}) as client,
        pytest.raises(errors.ClientError, match="API key not valid") as refused,
    ):
        client.batches.list(config={"page_size": 1})
    assert (refused.value.code, refused.value.details["error"]["details"][0]["reason"]) == (400, "API_KEY_INVALID")
