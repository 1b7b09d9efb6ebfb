"""Uploads step by step, as a client without SDK would send them."""

import httpx
import pytest

from jobs.simulator.accounts import GeminiAccount

START = {"X-Goog-Upload-Protocol": "resumable", "X-Goog-Upload-Command": "start"}


def begin(http: httpx.Client, **file: object) -> httpx.Response:
    return http.post("/upload/v1beta/files", json={"file": file}, headers=START)


def send(http: httpx.Client, url: str, content: bytes, offset: int, command: str) -> httpx.Response:
    headers = {"X-Goog-Upload-Offset": str(offset), "X-Goog-Upload-Command": command}
    return http.post(url, content=content, headers=headers)


def create(http: httpx.Client, name: str) -> httpx.Response:
    batch = {"displayName": "d", "inputConfig": {"fileName": name}}
    return http.post("/v1beta/models/gemini-2.5-flash:batchGenerateContent", json={"batch": batch})


def uploaded(http: httpx.Client, content: bytes, **file: object) -> str:
    url = begin(http, **file).headers["x-goog-upload-url"]
    name: str = send(http, url, content, 0, "upload, finalize").json()["file"]["name"]
    return name


def test_chunks_arrive_at_their_offsets(gemini_http: httpx.Client) -> None:
    url = begin(gemini_http, display_name="two").headers["x-goog-upload-url"]

    first = send(gemini_http, url, b"abc", 0, "upload")
    last = send(gemini_http, url, b"de", 3, "upload, finalize")

    assert url.startswith("http://sim/upload/v1beta/files?upload_id=")
    assert [answer.headers["x-goog-upload-status"] for answer in (first, last)] == ["active", "final"]
    assert (last.json()["file"]["sizeBytes"], last.json()["file"]["displayName"]) == ("5", "two")


def test_a_wrong_offset_is_refused(gemini_http: httpx.Client) -> None:
    url = begin(gemini_http).headers["x-goog-upload-url"]

    assert send(gemini_http, url, b"abc", 1, "upload").status_code == 400


def test_the_upload_url_needs_no_key(gemini_http: httpx.Client) -> None:
    url = begin(gemini_http).headers["x-goog-upload-url"]
    del gemini_http.headers["x-goog-api-key"]

    assert send(gemini_http, url, b"abc", 0, "upload, finalize").status_code == 200


@pytest.mark.parametrize("name", ["files/-a", "files/A", f"files/{'a' * 41}"])
def test_odd_names_are_refused(gemini_http: httpx.Client, name: str) -> None:
    assert begin(gemini_http, name=name).status_code == 400


def test_a_malformed_row_refuses_the_whole_batch(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    name = uploaded(gemini_http, b'{"request": {}}\n{"request": \n')

    answer = create(gemini_http, name)

    assert (answer.status_code, gemini_account.jobs) == (400, {})
    assert "line 2" in answer.json()["error"]["message"]


def test_an_upload_lives_48_hours(gemini_account: GeminiAccount, gemini_http: httpx.Client) -> None:
    name = uploaded(gemini_http, b'{"request": {}}', name="files/mine")
    gemini_account.clock.advance(48 * 3600)

    assert (name, gemini_http.get(f"/v1beta/{name}").status_code) == ("files/mine", 403)
    assert gemini_http.get("/v1beta/files").json() == {}
    assert create(gemini_http, name).status_code == 403


def test_a_batch_keeps_its_input_when_the_upload_is_deleted(
    gemini_account: GeminiAccount, gemini_http: httpx.Client
) -> None:
    name = uploaded(gemini_http, b'{"key": "k", "request": {}}')
    job = create(gemini_http, name).json()["name"]
    gemini_http.delete(f"/v1beta/{name}")
    gemini_account.clock.advance(3600)

    answer = gemini_http.get(f"/v1beta/{gemini_account.jobs[job].output_name}:download")

    assert answer.json()["key"] == "k"


def test_files_are_listed_in_pages(gemini_http: httpx.Client) -> None:
    for _ in range(3):
        uploaded(gemini_http, b"x")

    first = gemini_http.get("/v1beta/files?pageSize=2").json()
    second = gemini_http.get("/v1beta/files", params={"pageToken": first["nextPageToken"]}).json()

    assert (len(first["files"]), len(second["files"])) == (2, 1)


def test_an_upload_cannot_be_downloaded(gemini_http: httpx.Client) -> None:
    name = uploaded(gemini_http, b"x")

    assert gemini_http.get(f"/v1beta/{name}:download").status_code == 400
