"""Workers killed at random moments while they save: nothing half-written is ever served, and it ends saved."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from jobs.credentials import Credential
from jobs.models import Archive, ArchiveStatus
from jobs.results import saving, storing, wanting
from jobs.results.checking import check
from jobs.results.originals import Archived, open_original
from jobs.simulator.accounts import GeminiAccount
from tests import services
from tests.conftest import MakeProject
from tests.factories import make_job

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
KILLS = 20


@pytest.fixture
def archive(gemini_account: GeminiAccount, make_project: MakeProject, base_url: str, redis_client: object) -> Archive:
    """Of 20,000 lines, some 10 MB: three frames."""
    project = make_project(base_url=base_url, credential=Credential("api_key", gemini_account.key))
    remote = gemini_account.add_job(requests=20_000, queue_seconds=0, run_seconds=0)
    make_job(project, name=remote.name, output=remote.output_name, requests_total=20_000)
    wanting.notice(timezone.now())
    return Archive.objects.get()


class Workers:
    """Starts a process that saves the archive, and kills it; Python itself is started once."""

    def __init__(self, archive: Archive) -> None:
        name = str(connection.settings_dict["NAME"])
        url = f"sqlite:///{name}" if connection.vendor == "sqlite" else services.database_url(name)
        environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
        command = [sys.executable, "-m", "tests.results.saver", str(archive.pk)]
        self.parent = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._told() == "ready"

    def run(self, seconds: float) -> None:
        """Let one work for so long, then kill it."""
        self._say("begin")
        child = int(self._told())
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        self._say("wait")
        assert self._told() == "ended"

    def _say(self, word: str) -> None:
        assert self.parent.stdin is not None
        self.parent.stdin.write(f"{word}\n")
        self.parent.stdin.flush()

    def _told(self) -> str:
        assert self.parent.stdout is not None
        return self.parent.stdout.readline().strip()

    def close(self) -> None:
        self.parent.kill()
        self.parent.communicate()


@pytest.fixture
def workers(archive: Archive) -> Iterator[Workers]:
    made = Workers(archive)
    yield made
    made.close()


def is_served_whole(archive: Archive) -> bool:
    """Saved and right, or not served from here."""
    archive.refresh_from_db()
    original = open_original(archive.job)
    original.close()
    if archive.status == ArchiveStatus.SAVED:
        return check(archive) == ""
    return not isinstance(original, Archived)


def make_due(archive: Archive) -> None:
    """As if the killed worker's lease had run out; what was saved is saved anew."""
    past = timezone.now() - timedelta(seconds=1)
    Archive.objects.filter(pk=archive.pk).exclude(status="saved").update(leased_until=past, next_attempt_at=past)
    Archive.objects.filter(pk=archive.pk, status="saved").update(status="waiting", next_attempt_at=past)


def stored_files() -> list[Path]:
    return [path for path in settings.RESULTS_FOLDER.rglob("*") if path.is_file()]


def test_a_worker_killed_at_any_moment_leaves_no_half_archive(archive: Archive, workers: Workers) -> None:
    chance, began = random.Random(4), time.monotonic()
    assert saving.save(archive.pk, now=timezone.now) == "saved"
    whole = time.monotonic() - began
    for _ in range(KILLS):
        make_due(archive)
        workers.run(chance.uniform(0, 1.2 * whole))
        assert is_served_whole(archive)

    make_due(archive)
    assert saving.save(archive.pk, now=timezone.now) == "saved"
    storing.sweep(timezone.now() + timedelta(days=1))
    assert is_served_whole(archive) and len(stored_files()) == 2
