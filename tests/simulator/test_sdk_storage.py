"""google-cloud-storage, google-cloud-bigquery and google-auth run unchanged against the simulator."""

import json
from collections.abc import Iterator

import google.auth.exceptions
import pytest
from google.auth.transport.requests import AuthorizedSession, Request
from google.cloud import bigquery, storage
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials

from jobs.simulator.accounts import VertexAccount
from jobs.simulator.app import Simulator

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


@pytest.fixture
def bucket(base_url: str, vertex_account: VertexAccount) -> Iterator[storage.Bucket]:
    credentials = Credentials(token=vertex_account.token)
    client = storage.Client(
        project=vertex_account.cloud_project, credentials=credentials, client_options={"api_endpoint": base_url}
    )
    yield client.bucket(vertex_account.bucket)
    client.close()


@pytest.fixture
def tables(base_url: str, vertex_account: VertexAccount) -> Iterator[bigquery.Client]:
    client = bigquery.Client(
        project=vertex_account.cloud_project,
        credentials=Credentials(token=vertex_account.token),
        client_options={"api_endpoint": base_url},
    )
    yield client
    client.close()


def test_results_are_found_by_their_folder(bucket: storage.Bucket, vertex_account: VertexAccount) -> None:
    for _ in range(3):
        vertex_account.add_job(requests=50, failed=2, queue_seconds=0, run_seconds=0)
        vertex_account.clock.advance(1)

    folder = "out/prediction-model-2026-11-22T12:00:0"
    [first, *_] = blobs = list(bucket.list_blobs(prefix=folder, page_size=2))

    assert [blob.name for blob in blobs] == [f"{folder}{nth}.000000Z/predictions.jsonl" for nth in range(3)]
    lines = [json.loads(line) for line in first.download_as_bytes().splitlines()]
    assert (len(lines), sum(bool(line["status"]) for line in lines)) == (50, 2)
    assert len({line["key"] for line in lines}) == 50


def test_any_range_is_a_piece_of_the_whole(bucket: storage.Bucket, vertex_account: VertexAccount) -> None:
    vertex_account.add_job(requests=2000, queue_seconds=0, run_seconds=0)
    [blob] = bucket.list_blobs(prefix="out/")
    whole = blob.download_as_bytes()

    assert len(whole) == blob.size
    assert blob.download_as_bytes(start=700_001, end=1_100_000) == whole[700_001:1_100_001]
    with blob.open("rb") as stream:
        assert stream.readline() == whole[: whole.index(b"\n") + 1]


def test_what_is_missing_is_none(bucket: storage.Bucket) -> None:
    assert bucket.get_blob("out/nothing") is None
    assert bucket.exists()


def test_folders_are_folded(bucket: storage.Bucket, vertex_account: VertexAccount) -> None:
    vertex_account.add_job(queue_seconds=0, run_seconds=0)

    pages = bucket.list_blobs(delimiter="/").pages

    assert [sorted(page.prefixes) for page in pages] == [["in/", "out/"]]


def test_a_result_table_is_read_in_pages(tables: bigquery.Client, vertex_account: VertexAccount) -> None:
    vertex_account.add_job(source="bigquery", requests=250, failed=5, queue_seconds=0, run_seconds=0)
    dataset = f"{vertex_account.cloud_project}.{vertex_account.dataset}"

    table = tables.get_table(f"{dataset}.predictions_2026_11_22T12_00_00_000000Z")
    rows = list(tables.list_rows(table, page_size=100))

    assert [field.name for field in table.schema] == ["key", "request", "response", "status", "processed_time"]
    assert (table.num_rows, len(rows), sum(row["status"] != "" for row in rows)) == (250, 250, 5)
    assert rows[0]["processed_time"].date().isoformat() == "2026-11-22"
    assert len(list(tables.list_tables(vertex_account.dataset))) == 2


def test_a_service_account_signs_in(base_url: str, vertex_account: VertexAccount) -> None:
    info = vertex_account.service_account_info(base_url)
    credentials = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)

    credentials.refresh(Request())

    client = storage.Client(info["project_id"], credentials, client_options={"api_endpoint": base_url})
    assert client.bucket(vertex_account.bucket).exists()
    client.close()


def test_a_foreign_signature_is_refused(base_url: str, vertex_account: VertexAccount, simulator: Simulator) -> None:
    info = vertex_account.service_account_info(base_url)
    other = simulator.add_vertex().service_account_info(base_url)
    forged = info | {"private_key": other["private_key"]}
    credentials = service_account.Credentials.from_service_account_info(forged, scopes=SCOPES)

    with pytest.raises(google.auth.exceptions.RefreshError, match="Invalid JWT Signature"):
        credentials.refresh(Request())


def test_a_minted_token_ends(base_url: str, vertex_account: VertexAccount) -> None:
    info = vertex_account.service_account_info(base_url)
    credentials = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    session = AuthorizedSession(credentials, refresh_status_codes=())
    address = f"{base_url}/storage/v1/b/{vertex_account.bucket}"

    statuses = [session.get(address).status_code]
    vertex_account.tokens_expire()
    statuses.append(session.get(address).status_code)
    session.close()

    assert statuses == [200, 401]
