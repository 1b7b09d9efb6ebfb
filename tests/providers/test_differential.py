"""What the official SDK reads of a job equals what we read, over hundreds of seeded jobs (issue 2, point 4).

The SDK leaves out a Gemini job's counts, error and source and a Vertex job's labels (WIRE 6.1): those are ours alone.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import httpx
import pytest
from google import genai
from google.oauth2.credentials import Credentials

from jobs.providers.base import RemoteJob
from jobs.simulator.app import Simulator
from jobs.simulator.world import seed_history

from .harness import Bench, gemini_bench, vertex_bench

OUTCOMES = ("succeed", "partial", "fail", "all_failed", "stuck", "expire", "run", "unknown")
SOURCES = {"gemini": ("file", "inline", "embeddings"), "vertex": ("gcs", "bigquery")}
AGES = (10, 300, 900, 90_000, 400_000)
HISTORY = 150

pytestmark = pytest.mark.filterwarnings("ignore:.*REBALANCING is not a valid JobState:UserWarning")


@pytest.fixture(scope="module")
def gemini(simulator: Simulator, base_url: str) -> Bench:
    return filled(gemini_bench(simulator)).on_port(base_url)


@pytest.fixture(scope="module")
def vertex(simulator: Simulator, base_url: str) -> Bench:
    return filled(vertex_bench(simulator)).on_port(base_url)


def filled(bench: Bench) -> Bench:
    """A believable history, and every outcome of every source at every age (seconds)."""
    remote = bench.remote
    seed_history(remote, HISTORY)
    now = remote.clock.now()
    for outcome, source, age in product(OUTCOMES, SOURCES[bench.provider], AGES):
        created = now - timedelta(seconds=age, microseconds=age % 7)
        job = remote.add_job(outcome=outcome, source=source, requests=12, created=created)  # type: ignore[arg-type]
        job.cancel_at = created if outcome == "run" and age == 300 else None
    return bench


@pytest.fixture(scope="module")
def gemini_sdk(gemini: Bench) -> Iterator[genai.Client]:
    with genai.Client(api_key=gemini.secret, http_options={"base_url": gemini.account.base_url}) as client:
        yield client


@pytest.fixture(scope="module")
def vertex_sdk(vertex: Bench) -> Iterator[genai.Client]:
    with genai.Client(
        vertexai=True,
        project=vertex.account.cloud_project,
        location=vertex.account.location,
        credentials=Credentials(token=vertex.secret),
        http_options={"base_url": vertex.account.base_url},
    ) as client:
        yield client


def common(job: Any) -> dict[str, Any]:
    """What the SDK tells of any job, in our words."""
    return {
        "name": job.name,
        "display_name": job.display_name,
        "state": job.state.name,
        "created_at": job.create_time,
        "started_at": job.start_time,
        "ended_at": job.end_time,
        "updated_at": job.update_time,
    }


def gemini_theirs(job: Any) -> dict[str, Any]:
    inline = job.dest and (job.dest.inlined_responses or job.dest.inlined_embed_content_responses)
    output = "inline" if inline else (job.dest and job.dest.file_name) or ""
    return {**common(job), "model": job.model, "output": output}


def vertex_theirs(job: Any) -> dict[str, Any]:
    stats, info = job.completion_stats, job.output_info
    counts = (
        [stats.successful_count or 0, stats.failed_count or 0, stats.incomplete_count or 0] if stats else [None] * 3
    )
    table = info and (info.bigquery_output_table or info.vertex_multimodal_dataset_name)
    return {
        **common(job),
        "model": job.model,
        "counts": counts,
        "error": (job.error.code, job.error.message) if job.error else (None, ""),
        "source": ", ".join(job.src.gcs_uri or [job.src.bigquery_uri]),
        "destination": job.dest.gcs_uri or job.dest.bigquery_uri,
        "output": (info and info.gcs_output_directory) or table or "",
    }


def ours(job: RemoteJob) -> dict[str, Any]:
    """The SDK renames the Gemini API's known states."""
    state = job.provider_state
    if state.startswith("BATCH_STATE_") and job.reported != "unknown":
        state = state.replace("BATCH_", "JOB_", 1)
    times = ("created_at", "started_at", "ended_at", "updated_at")
    return {"name": job.name, "display_name": job.display_name, "state": state} | {
        name: getattr(job, name) for name in times
    }


def gemini_ours(job: RemoteJob) -> dict[str, Any]:
    return {**ours(job), "model": f"models/{job.model}", "output": job.output}


def vertex_ours(job: RemoteJob) -> dict[str, Any]:
    counts = job.counts
    output = job.output.rpartition(".")[2] if job.output.startswith("bq://") else job.output
    return {
        **ours(job),
        "model": f"publishers/google/models/{job.model}",
        "counts": [counts.succeeded, counts.failed, counts.pending],
        "error": (job.error_code, job.error_message),
        "source": job.source,
        "destination": job.destination,
        "output": output,
    }


def listed(bench: Bench) -> list[RemoteJob]:
    with httpx.Client() as client:
        provider, token, found = bench.connect(client=client), "", list[RemoteJob]()
        while not found or token:
            page = provider.list_page(token, size=100)
            found += [bench.kind.parse_job(job.body) for job in page.jobs]
            token = page.next_token
    return found


def test_a_gemini_list_reads_as_the_sdk_reads_it(gemini: Bench, gemini_sdk: genai.Client) -> None:
    theirs = [gemini_theirs(job) for job in gemini_sdk.batches.list(config={"page_size": 100})]

    assert [gemini_ours(job) for job in listed(gemini)] == theirs
    assert len(theirs) == HISTORY + len(OUTCOMES) * len(AGES) * 3


def test_a_vertex_list_reads_as_the_sdk_reads_it(vertex: Bench, vertex_sdk: genai.Client) -> None:
    theirs = [vertex_theirs(job) for job in vertex_sdk.batches.list(config={"page_size": 100})]

    assert [vertex_ours(job) for job in listed(vertex)] == theirs
    assert len(theirs) == HISTORY + len(OUTCOMES) * len(AGES) * 2


def test_single_gemini_jobs_read_as_the_sdk_reads_them(gemini: Bench, gemini_sdk: genai.Client) -> None:
    for name in list(gemini.remote.jobs)[HISTORY:]:
        assert gemini_ours(gemini.read(name)) == gemini_theirs(gemini_sdk.batches.get(name=name))


def test_single_vertex_jobs_read_as_the_sdk_reads_them(vertex: Bench, vertex_sdk: genai.Client) -> None:
    for name in list(vertex.remote.jobs)[HISTORY:]:
        assert vertex_ours(vertex.read(name)) == vertex_theirs(vertex_sdk.batches.get(name=name))


def test_the_sample_holds_every_state_and_way_out(gemini: Bench, vertex: Bench) -> None:
    states = [{job.reported.value for job in listed(bench)} for bench in (gemini, vertex)]
    outputs = {gemini.read(name).output.partition("/")[0] for name in list(gemini.remote.jobs)[HISTORY:]}

    finished = {"succeeded", "failed", "cancelled", "expired"}
    assert states == [{"queued", "running", "unknown", *finished}] * 2
    assert outputs == {"", "inline", "files"}
