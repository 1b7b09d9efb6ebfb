"""Vertex AI's own ways (WIRE 2.1 - 2.5)."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from jobs.providers.base import EVERYTHING, CredentialError, GoneError, RefusedError, RemoteJob, Scope, UnaskableError
from jobs.providers.vertex import Vertex, filter_text, host, parse_job
from jobs.simulator.accounts import VertexAccount
from jobs.simulator.app import Simulator
from jobs.states import Counts, State, grade

from .harness import Bench, vertex_bench

CREATED = datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.fixture
def bench(simulator: Simulator) -> Bench:
    return vertex_bench(simulator)


@pytest.fixture
def remote(bench: Bench) -> VertexAccount:
    assert isinstance(bench.remote, VertexAccount)
    return bench.remote


def read(**job: Any) -> RemoteJob:
    return parse_job(json.dumps({"name": "projects/1/locations/l/batchPredictionJobs/2", **job}).encode())


def test_a_job_is_named_by_the_projects_number_and_asked_for_by_its_id(bench: Bench, remote: VertexAccount) -> None:
    name = remote.add_job().name
    bench.get(name)

    assert name.startswith(f"projects/{remote.cloud_number}/locations/us-central1/batchPredictionJobs/")
    assert remote.journal.count(path=f"^{bench.list_path}/{name.rpartition('/')[2]}$") == 1


def test_the_number_of_a_cloud_project_reads_the_same_jobs(bench: Bench, remote: VertexAccount) -> None:
    name = remote.add_job().name
    by_number = replace(bench, account=replace(bench.account, cloud_project=remote.cloud_number))

    assert (by_number.names(), by_number.get(name)) == ([name], bench.get(name))


def test_another_cloud_project_is_a_bad_credential(bench: Bench) -> None:
    elsewhere = replace(bench, account=replace(bench.account, cloud_project="someone-else"))

    with pytest.raises(CredentialError, match=r"Permission 'aiplatform\.batchPredictionJobs\.list' denied"):
        elsewhere.listed()


def test_a_job_of_another_location_is_gone_here(bench: Bench, remote: VertexAccount) -> None:
    elsewhere = replace(bench, account=replace(bench.account, location="europe-west4"))

    with pytest.raises(GoneError):
        elsewhere.get(remote.add_job().name)


@pytest.mark.parametrize(
    ("stats", "counts"),
    [
        (None, Counts()),
        ({}, Counts()),
        ({"successfulCount": "95", "failedCount": "5", "incompleteCount": "-1"}, Counts(None, 95, 5, None)),
        ({"successfulCount": "2"}, Counts(2, 2, 0, 0)),
        ({"successfulCount": "1", "failedCount": "2", "incompleteCount": "3"}, Counts(6, 1, 2, 3)),
        ({"successfulCount": "no", "failedCount": "2"}, Counts(None, None, 2, 0)),
        ("95", Counts()),
    ],
)
def test_completion_stats(stats: Any, counts: Counts) -> None:
    assert read(completionStats=stats).counts == counts


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("QUEUED", State.QUEUED),
        ("PENDING", State.QUEUED),
        ("RUNNING", State.RUNNING),
        ("UPDATING", State.RUNNING),
        ("PAUSED", State.PAUSED),
        ("CANCELLING", State.CANCELLING),
        ("SUCCEEDED", State.SUCCEEDED),
        ("PARTIALLY_SUCCEEDED", State.PARTIAL),
        ("FAILED", State.FAILED),
        ("CANCELLED", State.CANCELLED),
        ("EXPIRED", State.EXPIRED),
        ("UNSPECIFIED", State.UNKNOWN),
        ("REBALANCING", State.UNKNOWN),
    ],
)
def test_every_word_for_a_state(word: str, state: State) -> None:
    job = read(state=f"JOB_STATE_{word}")

    assert (job.reported, job.provider_state) == (state, f"JOB_STATE_{word}")


def test_partly_succeeded_stays_partial_without_counts() -> None:
    job = read(state="JOB_STATE_PARTIALLY_SUCCEEDED")

    assert grade(job.reported, job.counts) is State.PARTIAL


def test_a_cancelled_job_passes_through_cancelling(bench: Bench, remote: VertexAccount) -> None:
    job = remote.add_job(queue_seconds=0)
    job.cancel_at = remote.clock.now()
    words = [bench.read(job.name).reported]
    remote.clock.advance(10)

    assert [*words, bench.read(job.name).reported] == [State.CANCELLING, State.CANCELLED]


def test_results_in_a_bucket_are_in_the_folder_not_at_the_prefix(bench: Bench, remote: VertexAccount) -> None:
    name = remote.add_job(source="gcs", created=CREATED, queue_seconds=60).name

    job = bench.read(name)

    assert job.destination == f"gs://{remote.bucket}/out"
    assert job.output == f"gs://{remote.bucket}/out/prediction-model-2026-03-01T10:01:00.000000Z"
    assert job.source.startswith(f"gs://{remote.bucket}/in/")


def test_results_in_a_table_are_dataset_and_table(bench: Bench, remote: VertexAccount) -> None:
    name = remote.add_job(source="bigquery", created=CREATED).name

    job = bench.read(name)

    dataset = f"bq://{remote.cloud_project}.{remote.dataset}"
    assert (job.source.startswith(f"{dataset}.requests_"), job.destination) == (True, dataset)
    assert job.output.startswith(f"{dataset}.predictions_")


@pytest.mark.parametrize(
    ("info", "output"),
    [
        ({"bigqueryOutputDataset": "bq://p.d"}, "bq://p.d"),
        ({"bigqueryOutputTable": "t"}, "t"),
        ({"gcsOutputDirectory": ""}, ""),
        ([], ""),
    ],
)
def test_half_an_output_info_is_better_than_none(info: Any, output: str) -> None:
    assert read(outputInfo=info).output == output


def test_many_source_files_are_all_named_up_to_twenty() -> None:
    uris = [f"gs://b/{number}.jsonl" for number in range(30)]

    assert read(inputConfig={"gcsSource": {"uris": uris}}).source == ", ".join(uris[:20])


def test_labels_are_kept(bench: Bench, remote: VertexAccount) -> None:
    name = remote.add_job(labels={"team": "search", "cost-centre": "42"}).name

    assert bench.read(name).labels == {"team": "search", "cost-centre": "42"}


def test_queue_and_run_have_their_own_deadlines() -> None:
    times = {"createTime": "2026-03-01T10:00:00Z", "startTime": "2026-03-02T10:00:00Z"}
    words = ("PENDING", "RUNNING", "SUCCEEDED", "PAUSED")

    expiries = [read(state=f"JOB_STATE_{word}", **times).expires_at for word in words]

    assert expiries == [CREATED + timedelta(hours=72), CREATED + timedelta(hours=48), None, None]


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        (EVERYTHING, ""),
        (Scope(created_after=CREATED), 'create_time>"2026-03-01T10:00:00.000000Z"'),
        (
            Scope(created_after=CREATED.astimezone(timezone(timedelta(hours=5)))),
            'create_time>"2026-03-01T10:00:00.000000Z"',
        ),
        (
            Scope(active_only=True),
            'state!="JOB_STATE_SUCCEEDED" AND state!="JOB_STATE_PARTIALLY_SUCCEEDED" AND state!="JOB_STATE_FAILED"'
            ' AND state!="JOB_STATE_CANCELLED" AND state!="JOB_STATE_EXPIRED"',
        ),
    ],
)
def test_a_scope_becomes_a_filter(scope: Scope, text: str) -> None:
    assert filter_text(scope) == text


def test_a_filter_leaves_unknown_states_in(bench: Bench, remote: VertexAccount) -> None:
    names = {remote.add_job(outcome=word, created=CREATED).name for word in ("unknown", "succeed")}
    new = remote.add_job(queue_seconds=0, run_seconds=0).name
    provider = bench.connect()

    active = {job.name for job in provider.list_page(scope=Scope(active_only=True)).jobs}
    recent = {job.name for job in provider.list_page(scope=Scope(created_after=CREATED)).jobs}

    assert (len(active & names), active - names, recent) == (1, set(), {new})


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("us-central1", "https://us-central1-aiplatform.googleapis.com"),
        ("northamerica-northeast1", "https://northamerica-northeast1-aiplatform.googleapis.com"),
        ("global", "https://aiplatform.googleapis.com"),
        ("us", "https://aiplatform.us.rep.googleapis.com"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_each_location_has_its_host(location: str, address: str) -> None:
    assert host(location) == address


HOSTILE = [
    "",
    "evil.com/",
    "evil.com#",
    "x@evil.com",
    "us.evil.com",
    "us-central1\n",
    "US",
    "-us",
    "us-",
    "us--1",
    "é",
    "a" * 80,
]


@pytest.mark.parametrize("location", HOSTILE)
def test_a_location_that_would_name_another_host_is_refused(bench: Bench, location: str) -> None:
    with pytest.raises(RefusedError, match=r"is not a location: write it like us-central1 or global\.$"):
        Vertex(replace(bench.account, location=location))


@pytest.mark.parametrize("project", ["", "a/b", "a b", "../x", "A", "a?b", "a%2f", "x" * 100, "a\n", ".."])
def test_a_cloud_project_that_would_name_another_path_is_refused(bench: Bench, project: str) -> None:
    with pytest.raises(RefusedError, match=r"is not a cloud project's id or number: .+\.$"):
        Vertex(replace(bench.account, cloud_project=project))


def test_a_project_of_an_old_domain_is_fine(bench: Bench) -> None:
    assert Vertex(replace(bench.account, cloud_project="example.com:api-project-1"))


@pytest.mark.parametrize("project", ["a b", "a\n2026-11-22 ERROR forged", "a\x1b[2J", "..%2f"])
def test_a_job_of_an_impossible_project_is_not_asked_for(bench: Bench, project: str) -> None:
    with pytest.raises(UnaskableError):
        bench.connect().get(f"projects/{project}/locations/us-central1/batchPredictionJobs/1")

    assert bench.remote.journal.count() == 0
