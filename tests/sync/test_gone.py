"""Jobs that vanish at the provider are kept, marked; what cannot be reached is not gone."""

from datetime import timedelta

import pytest

from jobs import counts, projects
from jobs.models import StateCount
from jobs.sync import work

from .conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)


def fill(watched: Watched, number: int) -> list[str]:
    day_ago = watched.account.clock.now() - timedelta(days=1)
    return [watched.account.add_job(created=day_ago).name for _ in range(number)]


def gone(watched: Watched) -> set[str]:
    return set(watched.project.jobs.filter(gone_at__isnull=False).values_list("name", flat=True))


def test_a_vanished_job_is_kept_as_gone(watched: Watched) -> None:
    _, vanished = fill(watched, 2)
    watched.sync()
    watched.account.forget(vanished)
    watched.pass_time(60)

    report = watched.sync(full=True)

    job = watched.job(vanished)
    assert (report.gone, gone(watched)) == (1, {vanished})
    assert (job.gone_at, job.gone_by, job.state) == (watched.account.clock.now(), "provider", "succeeded")


def test_a_gone_job_is_counted_no_more(watched: Watched) -> None:
    _, vanished = fill(watched, 2)
    watched.sync()
    watched.account.forget(vanished)
    watched.pass_time(60)
    watched.sync(full=True)

    assert StateCount.objects.get(project=watched.project, state="succeeded").jobs == 1


def test_counts_are_exact_when_jobs_come_back_as_others(watched: Watched) -> None:
    fill(watched, 3)
    watched.sync()
    list_nothing(watched)
    watched.account.faults.set(status=404, path="(batches|Jobs)/.")
    watched.pass_time(60)
    assert watched.sync(full=True).gone == 3
    watched.account.faults.clear()
    watched.account.faults.hostile = {"model": "other", "metadata": {"model": "other"}}

    watched.sync(full=True)

    assert counts.recount([watched.project.pk]) == []
    assert StateCount.objects.get(project=watched.project, jobs__gt=0).model == "other"


def test_an_active_job_that_vanishes_is_noticed_by_the_next_sync(watched: Watched) -> None:
    fill(watched, 3)
    active = watched.account.add_job()
    watched.sync()
    watched.account.forget(active.name)
    watched.pass_time(60)

    watched.sync()

    assert gone(watched) == {active.name}


def test_a_job_that_is_listed_again_is_back(gemini: Watched) -> None:
    names = fill(gemini, 2)
    gemini.sync()
    gemini.project.jobs.filter(name=names[0]).update(gone_at=gemini.account.clock.now(), gone_by="provider")

    gemini.sync(full=True)

    assert gone(gemini) == set()


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_jobs_behind_a_failing_provider_are_unreachable_not_gone(watched: Watched, status: int) -> None:
    fill(watched, 3)
    watched.sync()
    watched.account.faults.set(status=status)
    watched.pass_time(60)

    report = watched.sync(full=True)

    assert (report.failed, gone(watched), watched.project.failures) == (True, set(), 1)


def test_a_revoked_key_leaves_all_jobs_and_says_what_to_do(watched: Watched) -> None:
    fill(watched, 3)
    watched.sync()
    watched.account.revoke()
    watched.pass_time(60)
    watched.sync(full=True)

    assert gone(watched) == set()
    assert watched.project.error_kind == "credential"
    assert "enter a valid one for the project" in watched.project.error


def test_a_mass_vanish_stops_and_asks(watched: Watched) -> None:
    names = fill(watched, 20)
    watched.sync()
    for name in names[:11]:
        watched.account.forget(name)
    watched.pass_time(60)
    watched.account.journal.clear()

    watched.sync(full=True)

    assert (gone(watched), watched.project.brake) == (set(), "mass_vanish")
    assert watched.project.error.startswith("11 of 20 jobs are no longer listed")
    assert watched.account.journal.count(method="GET") == 1


def brake(watched: Watched) -> None:
    """A sweep meets an empty list where 20 jobs were."""
    fill(watched, 20)
    watched.sync()
    list_nothing(watched)
    watched.pass_time(60)
    watched.sync(full=True)
    watched.account.faults.clear()


def list_nothing(watched: Watched) -> None:
    watched.account.faults.set(200, {}, path="(batches|Jobs)$")


def test_a_brake_stands_while_other_syncs_go_well(watched: Watched) -> None:
    brake(watched)
    swept_at = watched.project.swept_at

    report = watched.sync()

    assert (report.errors, watched.project.swept_at) == ([], swept_at)
    assert (watched.project.brake, watched.project.error_kind) == ("mass_vanish", "brake")


def test_a_brake_outlives_trouble_and_gives_its_reason_again(watched: Watched) -> None:
    brake(watched)
    watched.account.faults.set(status=503)
    watched.sync()
    assert watched.project.brake == "mass_vanish"
    watched.account.faults.clear()
    list_nothing(watched)

    watched.sync()

    assert watched.project.error.startswith("20 of 20 jobs are no longer listed")


def test_a_brake_clears_when_the_jobs_are_listed_again(watched: Watched) -> None:
    brake(watched)
    watched.pass_time(3600)

    watched.sync()

    assert (watched.project.brake, watched.project.error, gone(watched)) == ("", "", set())


def test_active_jobs_that_vanish_in_mass_are_swept_for_once(watched: Watched) -> None:
    fill(watched, 9)
    active = [watched.account.add_job(outcome="run").name for _ in range(11)]
    watched.sync()
    for name in active:
        watched.account.forget(name)
    watched.pass_time(60)
    watched.sync()
    watched.sync()
    swept_at = watched.project.swept_at

    for _ in range(3):
        watched.pass_time(60)
        watched.sync()

    assert (watched.project.swept_at, watched.project.brake, gone(watched)) == (swept_at, "mass_vanish", set())


@pytest.mark.parametrize(("answer", "again"), [(404, True), (403, False)])
def test_a_sweep_goes_on_only_while_it_finds_jobs_gone(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, answer: int, again: bool
) -> None:
    monkeypatch.setattr(work, "MOST_GETS", 2)
    names = fill(watched, 20)
    watched.sync()
    for name in names[:3]:
        watched.account.forget(name)
    watched.account.faults.set(status=answer, path="(batches|Jobs)/.")
    watched.pass_time(60)

    watched.sync(full=True)

    assert (watched.project.full_sync_wanted, len(gone(watched))) == (again, 2 if again else 0)


def test_ten_vanished_jobs_are_no_mass(watched: Watched) -> None:
    names = fill(watched, 20)
    watched.sync()
    for name in names[:10]:
        watched.account.forget(name)
    watched.pass_time(60)

    watched.sync(full=True)

    assert (gone(watched), watched.project.brake) == (set(names[:10]), "")


def test_a_released_brake_marks_them_gone_once(watched: Watched) -> None:
    names = fill(watched, 20)
    watched.sync()
    for name in names[:11]:
        watched.account.forget(name)
    watched.pass_time(60)
    watched.sync(full=True)
    projects.release_brake(watched.project, by=projects.Actor(None, watched.account.clock.now()))

    watched.sync(full=True)

    assert gone(watched) == set(names[:11])
    assert (watched.project.brake, watched.project.error, watched.project.brake_released_at) == ("", "", None)


def test_an_interrupted_sweep_marks_nothing(watched: Watched) -> None:
    names = fill(watched, 250)
    watched.sync()
    watched.account.forget(names[0])
    watched.account.faults.truncate(path="pageToken")
    watched.pass_time(60)

    report = watched.sync(full=True)

    assert (report.requests, report.failed, gone(watched)) == (2, True, set())
