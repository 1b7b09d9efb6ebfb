"""Parquet files: made once by a worker, under a lease; a killed one costs a lease and leaves nothing half."""

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from uuid import uuid4

import pyarrow.parquet
import pytest
from django.conf import settings
from django.db import connection

from jobs.models import Archive, Export, Project, User
from jobs.results import exports, storing
from jobs.results.places import storage
from tests import services
from tests.factories import make_job
from tests.results.lines import gemini
from tests.results.saved import save

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=settings.RESULTS_LEASE_SECONDS)


@pytest.fixture
def archive(project: Project) -> Archive:
    return save(make_job(project), b"\n".join(gemini(f"r{number}") for number in range(2500)))


def test_a_file_is_made_once_however_often_it_is_wanted(archive: Archive, olga: User, at: datetime) -> None:
    first, second = exports.want(archive, by=olga, at=at), exports.want(archive, by=olga, at=at)

    assert (first.pk, exports.due(at)) == (second.pk, [first.pk])
    assert [exports.make(first.pk, now=lambda: at), exports.make(first.pk, now=lambda: at)] == [True, False]
    first.refresh_from_db()
    assert (first.ready_at, first.error, exports.due(at)) == (at, "", [])
    with storage().open(first.file) as file:
        assert pyarrow.parquet.read_metadata(file).num_rows == 2500


def test_what_another_worker_holds_is_left_to_it(archive: Archive, at: datetime) -> None:
    export = exports.want(archive, by=None, at=at)
    Export.objects.update(leased_until=at + LEASE, lease_token=uuid4())

    assert exports.make(export.pk, now=lambda: at) is False
    assert (exports.due(at), exports.due(at + LEASE)) == ([], [export.pk])


def test_a_worker_that_lost_its_lease_writes_nothing(archive: Archive, at: datetime) -> None:
    export = exports.want(archive, by=None, at=at)
    moments = iter([at, at])

    def now() -> datetime:
        """Another worker takes over while rows are written."""
        moment = next(moments, at + LEASE)
        if moment > at:
            Export.objects.update(lease_token=uuid4())
        return moment

    assert exports.make(export.pk, now=now) is False
    export.refresh_from_db()
    assert (export.ready_at, export.file) == (None, "")


def test_without_room_it_says_so_and_can_be_asked_for_again(
    archive: Archive, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = exports.want(archive, by=None, at=at)
    with monkeypatch.context() as full:
        full.setattr(settings, "RESULTS_MIN_FREE_GB", 10**6)
        exports.make(export.pk, now=lambda: at)

    export.refresh_from_db()
    assert (export.error.startswith("Only "), exports.due(at)) == (True, [])
    assert exports.want(archive, by=None, at=at).error == ""
    assert exports.make(export.pk, now=lambda: at) is True


def test_missing_results_are_said(archive: Archive, at: datetime) -> None:
    export = exports.want(archive, by=None, at=at)
    storing.drop([archive.file, archive.index_file])

    exports.make(export.pk, now=lambda: at)

    export.refresh_from_db()
    assert "cannot be read from the storage of results" in export.error


def test_a_file_that_ends_its_worker_is_given_up(archive: Archive, at: datetime) -> None:
    export = exports.want(archive, by=None, at=at)
    Export.objects.update(attempts=exports.MOST_ATTEMPTS)

    assert exports.make(export.pk, now=lambda: at) is False
    export.refresh_from_db()
    assert export.error.startswith("Making the file ended its worker three times")


def test_what_was_made_goes_with_its_archive(archive: Archive, at: datetime) -> None:
    export = exports.want(archive, by=None, at=at)
    exports.make(export.pk, now=lambda: at)
    export.refresh_from_db()

    exports.forget(archive)

    assert (storage().exists(export.file), Export.objects.exists()) == (False, False)


SLOW = """
import os, time, django
django.setup()
from jobs.results import exports, parquet
from django.utils import timezone
whole = parquet._batches
parquet._batches = lambda lines: ((print("batch", flush=True), time.sleep(30), batch)[2] for batch in whole(lines))
exports.make({pk}, now=timezone.now)
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_nothing_half(archive: Archive, at: datetime) -> None:
    export = exports.want(archive, by=None, at=at)
    name = str(connection.settings_dict["NAME"])
    url = f"sqlite:///{name}" if connection.vendor == "sqlite" else services.database_url(name)
    environment = os.environ | {"DATABASE_URL": url}
    with subprocess.Popen(
        [sys.executable, "-c", SLOW.format(pk=export.pk)], env=environment, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout and worker.stdout.readline() == b"batch\n"
        worker.send_signal(signal.SIGKILL)

    export.refresh_from_db()
    assert (export.ready_at, export.attempts) == (None, 1)
    later = export.leased_until or at
    assert exports.make(export.pk, now=lambda: later) is True
    assert Export.objects.get().attempts == 2
