"""Saving results: from the provider to an archive that its job is graded by, whatever comes in between."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings

from jobs.counts import recount
from jobs.credentials import Credential
from jobs.models import Archive, Attention, BatchJob, Project, StateChange
from jobs.results import saving, storing, wanting
from jobs.results.archives import open_archive
from jobs.results.checking import check
from jobs.results.reading import open_results
from jobs.simulator.accounts import GeminiAccount
from tests.conftest import MakeProject
from tests.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)
DONE: dict[str, Any] = {"queue_seconds": 0, "run_seconds": 0}


@dataclass
class Finished:
    """A project at the simulator; ``job(…)`` adds one that is finished there and known here."""

    account: GeminiAccount
    project: Project
    at: datetime

    def job(self, *, requests: int = 40, failed: int = 0, **fields: Any) -> BatchJob:
        remote = self.account.add_job(requests=requests, failed=failed, **DONE)
        counts: dict[str, Any] = {"requests_total": requests, "requests_succeeded": requests}
        known = {"output": remote.output_name, **counts}
        return make_job(self.project, name=remote.name, **(known | fields))

    def save(self, job: BatchJob, *, later: float = 0) -> str:
        return saving.save(job.archive.pk, now=lambda: self.at + timedelta(seconds=later))


@pytest.fixture
def finished(
    gemini_account: GeminiAccount, make_project: MakeProject, base_url: str, redis_client: object, at: datetime
) -> Finished:
    project = make_project(base_url=base_url, credential=Credential("api_key", gemini_account.key))
    return Finished(gemini_account, project, at)


def original(job: BatchJob) -> bytes:
    source = open_results(job)
    return b"".join(source.chunks(source.parts[0]))


def test_a_finished_job_is_noticed_queued_and_saved_byte_for_byte(finished: Finished, at: datetime) -> None:
    job = finished.job()
    wanting.notice(at)

    assert finished.save(job) == "saved"

    archive = Archive.objects.get(job=job)
    with open_archive(archive) as opened:
        assert b"".join(opened.original()) == original(job)
    assert archive.sha256 == hashlib.sha256(original(job)).hexdigest()
    job.refresh_from_db()
    assert (job.results_state, job.results_total, archive.lines) == ("saved", 40, 40)


@pytest.mark.parametrize(("mode", "queued"), [("finish", 1), ("demand", 0), ("off", 0)])
def test_the_project_says_whether_finishing_is_enough(finished: Finished, at: datetime, mode: str, queued: int) -> None:
    Project.objects.update(archive_mode=mode)
    job = finished.job()

    assert wanting.notice(at) == 1
    job.refresh_from_db()
    assert (Archive.objects.count(), job.results_state) == (queued, "waiting")
    assert wanting.notice(at) == 0


def test_jobs_without_results_are_left_alone(project: Project, at: datetime) -> None:
    make_job(project, state="running", output="files/x")
    make_job(project, state="failed")
    make_job(project, output="files/x", gone_at=at)

    assert wanting.notice(at) == 0


def test_a_cancelled_job_may_have_results(project: Project, at: datetime) -> None:
    make_job(project, state="cancelled", output="gs://bucket/folder")

    assert wanting.notice(at) == 1


def test_a_switch_to_saving_on_finish_wants_what_was_left(finished: Finished, at: datetime) -> None:
    Project.objects.update(archive_mode="demand")
    finished.job()
    wanting.notice(at)
    Project.objects.update(archive_mode="finish")

    assert (wanting.want_left(at), wanting.want_left(at)) == (1, 0)


def test_what_expires_first_is_saved_first(finished: Finished, at: datetime) -> None:
    late, soon, never = (finished.job(expires_at=when) for when in (at + timedelta(9), at + timedelta(1), None))
    wanting.notice(at)

    order = Archive.objects.in_bulk(wanting.next_due(at, 10))
    assert [order[pk].job_id for pk in wanting.next_due(at, 10)] == [soon.pk, late.pk, never.pk]


def test_some_failed_lines_make_a_succeeded_job_partial(finished: Finished, at: datetime) -> None:
    job = finished.job(failed=10)
    wanting.notice(at)
    finished.save(job)

    job.refresh_from_db()
    assert (job.state, job.results_succeeded, job.results_failed) == ("partial", 30, 10)
    assert job.by_failed == 250_000
    change = StateChange.objects.filter(job=job).last()
    assert change is not None and (change.from_state, change.to_state) == ("succeeded", "partial")
    assert change.payload.raw == StateChange.objects.filter(job=job)[0].payload.raw
    assert recount([finished.project.pk]) == []


def test_only_failed_lines_make_it_failed(finished: Finished, at: datetime) -> None:
    job = finished.job(failed=40)
    wanting.notice(at)
    finished.save(job)

    job.refresh_from_db()
    assert job.state == "failed"


def test_requests_without_a_line_count_as_failed(finished: Finished, at: datetime) -> None:
    job = finished.job(requests=40, requests_total=50)
    wanting.notice(at)
    finished.save(job)

    job.refresh_from_db()
    assert (job.state, job.results_failed) == ("partial", 10)
    assert job.archive.note == "The job counts 50 requests, its results have 40 lines."


def test_a_sync_keeps_what_the_results_told(finished: Finished, at: datetime) -> None:
    from jobs.sync import sync_project

    job = finished.job(failed=10)
    wanting.notice(at)
    finished.save(job)
    sync_project(finished.project.pk, now=lambda: at, full=True)

    job.refresh_from_db()
    assert (job.state, job.by_failed, job.results_state) == ("partial", 250_000, "saved")


def test_results_that_are_gone_are_lost_and_said(finished: Finished, at: datetime) -> None:
    job = finished.job()
    wanting.notice(at)
    finished.account.forget(job.name)

    assert finished.save(job) == "lost"

    job.refresh_from_db()
    assert (job.results_state, job.archive.error_kind) == ("lost", "gone")
    assert Attention.objects.get(kind="results_lost").jobs == 1


def test_what_expired_before_we_saw_it_raises_no_attention(finished: Finished, at: datetime) -> None:
    job = finished.job(expires_at=at - timedelta(days=3))
    wanting.notice(at)
    finished.account.forget(job.name)

    assert finished.save(job) == "lost"
    assert not Attention.objects.filter(kind="results_lost").exists()


def test_a_passing_trouble_is_tried_again_later(finished: Finished, at: datetime) -> None:
    job = finished.job()
    wanting.notice(at)
    finished.account.faults.set(503, path="/v1beta/")

    assert finished.save(job) == "waiting"
    assert finished.save(job) == ""
    finished.account.faults.clear()
    assert finished.save(job, later=60) == "saved"


def test_a_worker_that_lost_its_lease_stores_nothing(
    finished: Finished, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = finished.job()
    wanting.notice(at)
    read = saving._read

    def taken_over_meanwhile(lease: saving.Lease, folder: Any) -> Any:
        written = read(lease, folder)
        monkeypatch.setattr(saving, "_read", read)
        assert finished.save(job, later=10_000) == "saved"
        return written

    monkeypatch.setattr(saving, "_read", taken_over_meanwhile)
    assert finished.save(job) == ""

    archive = Archive.objects.get(job=job)
    assert check(archive) == ""
    assert storing.sweep(at + timedelta(days=4000)) == 0


def test_no_room_stops_saving_and_loses_nothing(finished: Finished, at: datetime, settings: LazySettings) -> None:
    settings.RESULTS_MIN_FREE_GB = 10**6
    job = finished.job()
    wanting.notice(at)

    assert finished.save(job) == "waiting"
    assert "GiB of the disk are free" in Archive.objects.get(job=job).error
    assert Attention.objects.unresolved().get(kind="storage").subject == "room"

    settings.RESULTS_MIN_FREE_GB = 0
    assert finished.save(job, later=600) == "saved"
    assert not Attention.objects.unresolved().filter(kind="storage").exists()


def test_the_quota_stops_saving(finished: Finished, at: datetime, settings: LazySettings) -> None:
    settings.RESULTS_QUOTA_GB = 1
    first, second = finished.job(), finished.job()
    wanting.notice(at)
    finished.save(first)
    Archive.objects.filter(job=first).update(stored_size=2**30)

    assert finished.save(second) == "waiting"
    assert "RESULTS_QUOTA_GB" in Archive.objects.get(job=second).error


def test_saving_again_replaces_the_files(finished: Finished, at: datetime) -> None:
    job = finished.job()
    wanting.notice(at)
    finished.save(job)
    before = Archive.objects.get(job=job)
    Archive.objects.update(status="waiting")

    assert finished.save(job) == "saved"
    assert check(before) != ""
    assert check(Archive.objects.get(job=job)) == ""


def test_files_of_deleted_jobs_are_swept(finished: Finished, at: datetime) -> None:
    job = finished.job()
    wanting.notice(at)
    finished.save(job)
    kept = Archive.objects.get(job=job)

    assert storing.sweep(at + timedelta(days=4000)) == 0
    job.delete()
    assert storing.sweep(at + timedelta(days=4000)) == 2
    assert "cannot be read" in check(kept)


def test_young_files_are_not_swept(finished: Finished, at: datetime) -> None:
    job = finished.job()
    wanting.notice(at)
    finished.save(job)
    job.delete()

    assert storing.sweep(at - timedelta(days=4000)) == 0


def test_a_damaged_archive_is_told(finished: Finished, at: datetime) -> None:
    job = finished.job()
    wanting.notice(at)
    finished.save(job)
    archive = Archive.objects.get(job=job)
    path = storing.local_path(archive.file)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 255
    path.write_bytes(body)

    assert "damaged" in check(archive)


def test_a_refusal_is_said_and_may_be_tried_again(finished: Finished, at: datetime) -> None:
    job = finished.job()
    wanting.notice(at)
    finished.account.faults.set(400, path=":download|/v1beta/batches")

    assert finished.save(job) == "refused"
    assert Attention.objects.unresolved().get(kind="storage").jobs == 1

    finished.account.faults.clear()
    assert wanting.want([job], "olga", at) == 1
    assert finished.save(job) == "saved"
    assert not Attention.objects.unresolved().filter(kind="storage").exists()
