"""What an operation does at the provider, and what it says it did: done is what a re-read shows."""

import pytest
from django.utils import timezone

from jobs.counts import recount
from jobs.models import (
    Action,
    Archive,
    ArchiveStatus,
    Attention,
    AuditEntry,
    BatchJob,
    StateCount,
)
from jobs.simulator.accounts import VertexAccount
from jobs.states import State

from .conftest import Yard

pytestmark = pytest.mark.django_db(transaction=True)
DELETED = ("done", "Deleted, and seen to be gone.")


def test_deleted_jobs_are_seen_to_be_gone(yard: Yard) -> None:
    names = yard.fill(3)
    operation = yard.start(Action.DELETE, names[:2])

    assert yard.run(operation) == {names[0]: DELETED, names[1]: DELETED}

    assert (operation.status, operation.items_done, operation.items_ended) == ("done", 2, 2)
    assert set(yard.account.jobs) == {names[2]}
    job = yard.job(names[0])
    assert (job.gone_by, job.gone_reason) == ("root", f"Operation {operation.pk}: tidy up")
    assert (StateCount.objects.get().jobs, recount([yard.project.pk])) == (1, [])


def test_many_deletes_are_seen_by_one_list(gemini: Yard) -> None:
    operation = gemini.start(Action.DELETE, gemini.fill(60))

    gemini.run(operation)

    assert operation.items_done == 60
    assert (gemini.asked("DELETE"), gemini.asked("GET")) == (60, 1)


def test_a_few_deletes_among_many_jobs_are_seen_one_by_one(gemini: Yard) -> None:
    few, _ = gemini.fill(2), gemini.fill(250)
    operation = gemini.start(Action.DELETE, few)

    assert gemini.run(operation) == dict.fromkeys(few, DELETED)
    assert (gemini.asked("DELETE"), gemini.asked("GET")) == (2, 2)


def test_a_delete_by_an_operation_is_followed_to_its_end(vertex: Yard) -> None:
    assert isinstance(vertex.account, VertexAccount)
    vertex.account.delete_seconds = 5
    [name] = vertex.fill()
    operation = vertex.start(Action.DELETE, [name])

    assert vertex.run(operation) == {name: ("", "")}
    assert vertex.run(operation, seconds=8) == {name: DELETED}
    assert vertex.account.journal.count(path="/operations/") >= 2


def test_a_cancelled_job_is_cancelling_until_it_is_seen_cancelled(yard: Yard) -> None:
    [name] = yard.fill(outcome="run")
    operation = yard.start(Action.CANCEL, [name])

    assert yard.run(operation) == {name: ("", "")}
    assert yard.job(name).state == State.CANCELLING
    assert yard.run(operation, seconds=10) == {name: ("done", "Cancelled.")}

    assert (yard.job(name).state, recount([yard.project.pk])) == (State.CANCELLED, [])
    assert yard.asked("POST") == 1
    assert [change.to_state for change in yard.job(name).changes.all()] == ["running", "cancelling", "cancelled"]


def test_a_cancel_that_came_too_late_says_how_the_job_ended(gemini: Yard) -> None:
    [name] = gemini.fill(outcome="succeed", run_seconds=3600)
    gemini.account.jobs[name].cancel_wins = False
    operation = gemini.start(Action.CANCEL, [name])
    gemini.run(operation)

    gemini.pass_time(3600)

    assert gemini.run(operation) == {name: ("skipped", "It ended before the cancel took effect: succeeded.")}


def test_a_job_that_ended_unnoticed_is_read_again_when_its_cancel_is_declined(yard: Yard) -> None:
    [name] = yard.fill(outcome="succeed", run_seconds=3600)
    operation = yard.start(Action.CANCEL, [name])

    yard.pass_time(3600)

    assert yard.run(operation) == {name: ("skipped", "It ended by itself before it was cancelled: succeeded.")}
    assert (yard.job(name).state, yard.asked("POST")) == (State.SUCCEEDED, 1)


def test_a_cancel_without_effect_fails_in_the_end(gemini: Yard) -> None:
    [name] = gemini.fill(outcome="run")
    gemini.account.jobs[name].cancel_wins = False
    operation = gemini.start(Action.CANCEL, [name])
    gemini.run(operation)

    gemini.pass_time(901)

    reason = "The cancel was accepted 15 minutes ago, but the job still runs at the provider."
    assert gemini.run(operation) == {name: ("failed", reason)}
    assert Attention.objects.get().kind == "operation"


def test_a_live_job_is_cancelled_seen_ended_and_then_deleted(yard: Yard) -> None:
    [name] = yard.fill(outcome="run")
    operation = yard.start(Action.DELETE, [name])

    assert yard.run(operation) == {name: ("", "")}
    assert yard.asked("DELETE") == 0
    assert yard.run(operation, seconds=10) == {name: DELETED}

    assert (yard.asked("POST"), yard.asked("DELETE")) == (1, 1)
    assert operation.items.get().attempts == 2


def test_results_are_saved_before_a_delete(gemini: Yard) -> None:
    [name] = gemini.fill(outcome="succeed")
    operation = gemini.start(Action.DELETE, [name])

    assert gemini.run(operation, seconds=10) == {name: ("", "")}
    assert gemini.asked("DELETE") == 0
    save_results(gemini.job(name))

    assert gemini.run(operation, seconds=10) == {name: DELETED}


def save_results(job: BatchJob) -> None:
    """As the archive does when it has them."""
    saved = {"status": ArchiveStatus.SAVED, "saved_at": timezone.now(), "size": 5, "file": "a", "sha256": "b"}
    assert Archive.objects.filter(job=job, status=ArchiveStatus.WAITING).update(**saved) == 1
    BatchJob.objects.filter(pk=job.pk).update(results_state="saved")


@pytest.mark.parametrize(("status", "word"), [("refused", "could not be saved"), ("lost", "are lost")])
def test_what_cannot_be_saved_is_not_deleted(gemini: Yard, status: str, word: str) -> None:
    [name] = gemini.fill(outcome="succeed")
    operation = gemini.start(Action.DELETE, [name])
    gemini.run(operation)

    Archive.objects.update(status=status, error="The disk is full.")

    assert gemini.run(operation, seconds=10) == {name: ("refused", f"Its results {word}: The disk is full.")}
    assert (gemini.asked("DELETE"), len(gemini.account.jobs)) == (0, 1)


def test_an_archive_operation_ends_when_results_are_saved(gemini: Yard) -> None:
    [name] = gemini.fill(outcome="succeed")
    operation = gemini.start(Action.ARCHIVE, [name])
    gemini.run(operation)
    save_results(gemini.job(name))

    assert gemini.run(operation, seconds=6) == {name: ("done", "Its results are saved.")}


def test_forgotten_jobs_leave_the_board_but_not_the_receipt(gemini: Yard) -> None:
    [name] = gemini.fill()
    gemini.account.forget(name)
    gemini.pass_time(1)
    gemini.sync()
    operation = gemini.start(Action.FORGET, [name])

    assert gemini.run(operation) == {name: ("done", "Removed from the board.")}

    assert not BatchJob.objects.exists()
    assert (operation.items.get().job_id, recount([gemini.project.pk])) == (None, [])
    assert AuditEntry.objects.get(verb="forget job").target_label == "batch-1"


def test_what_is_gone_already_is_said_to_be(yard: Yard) -> None:
    [name] = yard.fill()
    operation = yard.start(Action.DELETE, [name])

    yard.account.forget(name)

    assert yard.run(operation) == {name: ("already", "It was gone at the provider already.")}
    assert (yard.job(name).gone_by, operation.items_already) == ("provider", 1)
