"""What the official clients read is what we read: google-genai, google-cloud-storage, google-cloud-bigquery."""

import json
from datetime import datetime
from typing import Any

import pytest
from google import genai
from google.cloud import bigquery, storage
from google.genai import types
from google.oauth2.credentials import Credentials

from jobs.simulator.app import Simulator

from .places import Place, gemini_file, gemini_inline, vertex_bucket, vertex_table


def options(place: Place, base_url: str) -> dict[str, Any]:
    account = place.bench.account
    credentials = Credentials(token=account.credential.secret)
    return {
        "project": account.cloud_project,
        "credentials": credentials,
        "client_options": {"api_endpoint": base_url},
    }


def sdk(place: Place, base_url: str) -> genai.Client:
    return genai.Client(api_key=place.bench.secret, http_options=types.HttpOptions(base_url=base_url))


@pytest.mark.parametrize("requests", [1, 1000])
def test_a_file_is_what_files_download_gives(simulator: Simulator, base_url: str, requests: int) -> None:
    place = gemini_file(simulator, requests=requests)

    with sdk(place, base_url) as client:
        assert place.read() == client.files.download(file=place.job.output_name)


def test_inline_responses_are_what_the_sdk_parses(simulator: Simulator, base_url: str) -> None:
    place = gemini_inline(simulator)

    with sdk(place, base_url) as client:
        job = client.batches.get(name=place.job.name)

    ours = [json.loads(line) for line in place.read().splitlines()]
    assert job.dest and job.dest.inlined_responses
    theirs = [response.response for response in job.dest.inlined_responses]
    assert [answer and answer.response_id for answer in theirs] == [
        line.get("response", {}).get("responseId") for line in ours
    ]


def test_an_object_is_what_download_as_bytes_gives(simulator: Simulator, base_url: str) -> None:
    place = vertex_bucket(simulator, requests=1000)
    with storage.Client(**options(place, base_url)) as client:
        blobs = list(client.list_blobs(place.bench.remote.bucket, prefix="out/"))  # type: ignore[attr-defined]

        assert [place.read()] == [blob.download_as_bytes() for blob in blobs]


def test_rows_are_what_list_rows_gives(simulator: Simulator, base_url: str) -> None:
    place = vertex_table(simulator)
    with bigquery.Client(**options(place, base_url)) as client:
        rows = client.list_rows(place.where.output.removeprefix("bq://"), page_size=700)
        theirs = [dict(row.items()) for row in rows]

    ours = [json.loads(line) for line in place.read().splitlines()]

    assert len(ours) == len(theirs) == 2500
    for line, row in zip(ours, theirs, strict=True):
        row |= {name: row[name] and json.loads(row[name]) for name in ("request", "response")}
        assert line | {"processed_time": datetime.fromisoformat(line["processed_time"])} == row
