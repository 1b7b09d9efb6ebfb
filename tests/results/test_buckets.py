"""Archives in buckets: S3 and Google Cloud Storage as local servers speak them, the folder beside them."""

import os
import sys
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from dashboard.environment import results_storage
from jobs.models import Archive, Project
from jobs.results import storing
from jobs.results.archives import OpenArchive, open_archive
from jobs.results.places import Missing, NotStored
from tests import services
from tests.factories import make_job
from tests.runtime.processes import free_port

from .conftest import Archived
from .lines import gemini

DATA = b"".join(gemini(str(number), text="word " * 300) + b"\n" for number in range(6_000))
S3_LOGIN = {"access_key": "test", "secret_key": "test", "region_name": "us-east-1"}


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=10).close()
    except OSError as exc:
        return hasattr(exc, "code")
    return True


def served(command: list[str], port: int, log: Path) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    with services.running([sys.executable, "-m", *command], log):
        services.wait_until(lambda: answers(url), f"{command[0]} does not start: see {log}")
        yield url


@pytest.fixture(scope="module")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = ["moto.server", "-H", "127.0.0.1", "-p", str(port)]
    for url in served(command, port, tmp_path_factory.mktemp("s3") / "log"):
        urllib.request.urlopen(urllib.request.Request(f"{url}/results", method="PUT")).close()
        yield f"s3://results/some/folder?{urlencode(S3_LOGIN | {'endpoint_url': url})}"


@pytest.fixture(scope="module")
def gcs_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    folder = tmp_path_factory.mktemp("gcs")
    command = ["gcp_storage_emulator", "start", "--host", "127.0.0.1", "--port", str(port), "--in-memory"]
    command += ["--default-bucket", "results"]
    for url in served(command, port, folder / "log"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("STORAGE_EMULATOR_HOST", url)
            yield "gs://results/some/folder"


@pytest.fixture(params=["folder", "s3", "gcs"])
def place(request: pytest.FixtureRequest, settings: LazySettings) -> str:
    """Each kind of storage in turn, in use."""
    url = "" if request.param == "folder" else request.getfixturevalue(f"{request.param}_url")
    settings.STORAGES = settings.STORAGES | {"results": results_storage(url, settings.RESULTS_FOLDER)}
    return str(request.param)


@pytest.fixture
def archive(place: str, archived: Archived) -> OpenArchive:
    return archived(DATA)


def test_every_byte_comes_back(archive: OpenArchive) -> None:
    assert b"".join(archive.original()) == DATA
    assert len(archive._frames(0, len(DATA))) > 1
    assert b"".join(archive.original(4_200_000, 4_200_500)) == DATA[4_200_000:4_200_500]
    assert archive.line(5_999) == gemini("5998", text="word " * 300) + b"\n"


def test_what_is_missing_is_said(archive: OpenArchive) -> None:
    storing.drop([archive.file, archive.file])

    with pytest.raises(Missing, match="cannot be read from the storage of results"):
        archive.line(1)
    with pytest.raises(Missing):
        OpenArchive(archive.file, "1/none.index.sqlite3")


@pytest.mark.django_db
def test_only_what_no_row_names_is_swept(archive: OpenArchive, project: Project) -> None:
    now = timezone.now() + timedelta(days=1)
    job = make_job(project)
    kept = storing.keep(_file("kept"), f"{project.pk}/{job.pk}.jsonl.zst")
    orphan = storing.keep(_file("orphan"), f"{project.pk}/orphan.jsonl.zst")
    Archive.objects.create(job=job, wanted_at=now, next_attempt_at=now, file=kept)

    assert storing.sweep(timezone.now()) == 0
    storing.sweep(now)

    assert storing.read_range(kept, 0, 4) == b"kept"
    with pytest.raises(Missing):
        storing.read_range(orphan, 0, 4)


def _file(words: str) -> Path:
    with storing.spool() as folder:
        path = folder.parent / words
    path.write_text(words)
    return path


@pytest.mark.parametrize("kind", ["s3", "gcs"])
def test_the_index_of_a_bucket_is_fetched_once(
    kind: str, archived: Archived, settings: LazySettings, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    settings.STORAGES = settings.STORAGES | {"results": results_storage(url, settings.RESULTS_FOLDER)}
    archive = archived(DATA)
    row = Archive(file=archive.file, index_file=next(iter(_index_names(archive))))
    (cached,) = (settings.RESULTS_FOLDER / ".cache").iterdir()
    storing.drop([row.index_file])

    with open_archive(row) as again:
        assert again.count() == 6_000
    cached.unlink()
    with pytest.raises(Missing):
        open_archive(row)


def _index_names(archive: OpenArchive) -> list[str]:
    return [archive.file.replace(".jsonl.zst", ".index.sqlite3")]


def test_a_bucket_that_is_none_stores_nothing(s3_url: str, settings: LazySettings) -> None:
    entry = results_storage(s3_url.replace("//results", "//nobody"), settings.RESULTS_FOLDER)
    settings.STORAGES = settings.STORAGES | {"results": entry}

    with pytest.raises(NotStored, match="cannot be put into the storage of results"):
        storing.keep(_file("x"), "1/x")


def test_the_least_used_indexes_leave_the_cache(tmp_path: Path) -> None:
    for age, name in enumerate(["new", "old"]):
        (tmp_path / name).write_bytes(b"12345")
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))

    storing._evict(tmp_path, 7)

    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.mark.parametrize("url", ["http://x/y", "s3:", "bucket"])
def test_an_address_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="RESULTS_STORAGE_URL"):
        results_storage(url, tmp_path)
