"""The official google-genai runs unchanged against the simulator, Vertex AI (seen with 3.4: as WIRE 6 says of 2.34)."""

from collections.abc import Iterator

import pytest
from google import genai
from google.genai import errors
from google.oauth2.credentials import Credentials

from jobs.simulator.accounts import VertexAccount

MODEL = "gemini-2.5-flash"


@pytest.fixture
def client(base_url: str, vertex_account: VertexAccount) -> Iterator[genai.Client]:
    with genai.Client(
        vertexai=True,
        project=vertex_account.cloud_project,
        location=vertex_account.location,
        credentials=Credentials(token=vertex_account.token),
        http_options={"base_url": base_url},
    ) as client:
        yield client


def test_a_job_from_a_bucket_writes_to_the_bucket(client: genai.Client, vertex_account: VertexAccount) -> None:
    source = f"gs://{vertex_account.bucket}/in.jsonl"
    created = client.batches.create(model=MODEL, src=source, config={"display_name": "mine"})
    vertex_account.clock.advance(3600)

    done = client.batches.get(name=created.name)

    assert created.name.startswith(f"projects/{vertex_account.cloud_number}/locations/us-central1/")
    assert (done.state.name, done.completion_stats.successful_count) == ("JOB_STATE_SUCCEEDED", 100)
    assert (done.src.gcs_uri, done.dest.gcs_uri) == ([source], f"gs://{vertex_account.bucket}/in/dest")
    folder = f"gs://{vertex_account.bucket}/in/dest/prediction-model-2026-11-22T12:01:00.000000Z"
    assert done.output_info.gcs_output_directory == folder


def test_a_job_from_a_table_writes_to_a_table(client: genai.Client, vertex_account: VertexAccount) -> None:
    dataset = f"bq://{vertex_account.cloud_project}.{vertex_account.dataset}"
    created = client.batches.create(model=MODEL, src=f"{dataset}.in", config={"dest": f"{dataset}.out"})
    vertex_account.clock.advance(3600)

    done = client.batches.get(name=created.name)

    assert (done.src.bigquery_uri, done.dest.bigquery_uri) == (f"{dataset}.in", f"{dataset}.out")
    assert done.output_info.bigquery_output_table == "out"


def test_a_list_is_filtered_and_paged(client: genai.Client, vertex_account: VertexAccount) -> None:
    running = {vertex_account.add_job(outcome="run", queue_seconds=0).name for _ in range(5)}
    vertex_account.add_job(queue_seconds=0, run_seconds=0)
    config = {"page_size": 2, "filter": 'state="JOB_STATE_RUNNING" AND create_time>"2026-11-01T00:00:00Z"'}

    assert {job.name for job in client.batches.list(config=config)} == running
    assert vertex_account.journal.count(method="GET") == 3


def test_a_failed_job_says_why(client: genai.Client, vertex_account: VertexAccount) -> None:
    job = vertex_account.add_job(outcome="fail", queue_seconds=0, run_seconds=0)
    job.error = (7, "Service agent service-{number} may not write to gs://{bucket}.")

    error = client.batches.get(name=job.id).error

    agent, bucket = f"service-{vertex_account.cloud_number}", f"gs://{vertex_account.bucket}"
    assert (error.code, error.message) == (7, f"Service agent {agent} may not write to {bucket}.")


def test_a_cancel_passes_through_cancelling(client: genai.Client, vertex_account: VertexAccount) -> None:
    job = vertex_account.add_job(queue_seconds=0)
    client.batches.cancel(name=job.name)
    states = [client.batches.get(name=job.name).state.name]

    vertex_account.clock.advance(5)

    states.append(client.batches.get(name=job.name).state.name)
    assert states == ["JOB_STATE_CANCELLING", "JOB_STATE_CANCELLED"]


def test_a_finished_job_is_deleted_at_once(client: genai.Client, vertex_account: VertexAccount) -> None:
    job = vertex_account.add_job(queue_seconds=0, run_seconds=0)

    assert client.batches.delete(name=job.name).done is True
    with pytest.raises(errors.ClientError, match="does not exist"):
        client.batches.get(name=job.name)


def test_a_delete_can_take_its_time(client: genai.Client, vertex_account: VertexAccount) -> None:
    vertex_account.delete_seconds = 60
    job = vertex_account.add_job(queue_seconds=0, run_seconds=0)

    deletion = client.batches.delete(name=job.name)

    assert (deletion.done, deletion.name.rsplit("/", 1)[0]) == (None, f"{vertex_account.parent}/operations")


def test_a_running_job_cannot_be_deleted(client: genai.Client, vertex_account: VertexAccount) -> None:
    job = vertex_account.add_job(queue_seconds=0)

    with pytest.raises(errors.ClientError, match="FAILED_PRECONDITION"):
        client.batches.delete(name=job.name)
    assert job.name in vertex_account.jobs
