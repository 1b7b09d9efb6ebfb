"""An operation and a sync of the same project at the same time: neither undoes the other."""

from collections.abc import Sequence

import pytest

from jobs import operations
from jobs.models import Action, OperationItem
from jobs.providers.base import RawJob
from jobs.sync import merge, sync_project
from jobs.sync.work import Work

from .conftest import Yard

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_sync_that_listed_a_job_before_its_delete_does_not_bring_it_back(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sync has read the list, and writes after the operation has seen the job gone."""
    [name] = yard.fill()
    operation = yard.start(Action.DELETE, [name])
    store = Work._store

    def late(self: Work, jobs: Sequence[RawJob]) -> bool:
        if yard.account.jobs:
            yard.run(operation)
            self.memory = merge.Memory(self.project)
        return store(self, jobs)

    monkeypatch.setattr(Work, "_store", late)
    sync_project(yard.project.pk, now=yard.account.clock.now, full=True)

    assert yard.job(name).gone_by == "root"
    assert operation.items.get().outcome == "done"


def test_a_sweep_leaves_jobs_to_the_operation_that_deletes_them(yard: Yard) -> None:
    """No brake for many jobs gone at once, and no "gone by the provider"."""
    names = yard.fill(30)
    operation = yard.start(Action.DELETE, names)
    operations.start(yard.actor.at)
    OperationItem.objects.update(started_at=yard.actor.at, intent="delete", attempts=1)
    for name in names:
        yard.account.forget(name)
    yard.pass_time(1)

    yard.sync()

    yard.project.refresh_from_db()
    assert (yard.project.brake, yard.project.jobs.listed().count()) == ("", 30)
    yard.run(operation)
    assert set(yard.project.jobs.values_list("gone_by", flat=True)) == {"root"}
