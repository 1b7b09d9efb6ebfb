"""How much a sync reads, and that it goes on where lists are odd."""

from datetime import timedelta
from typing import cast
from uuid import uuid4

import pytest
from django.conf import settings

from jobs.budget import BudgetUsedUp
from jobs.models import Project
from jobs.providers.base import EVERYTHING, Page, PageTokenExpired, Provider, RawJob, Scope, TransientError
from jobs.simulator.jobs import Outcome
from jobs.states import State
from jobs.sync.reader import MOST_EMPTY, Reader

from .conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


class Pages:
    """A provider whose lists go from token to token as each dict says."""

    def __init__(self, *lists: dict[str, str | Exception]) -> None:
        self.lists, self.asked = list(lists), list[str]()

    def list_page(self, token: str = "", scope: Scope = EVERYTHING, *, size: int = 100) -> Page:
        self.asked.append(token)
        follows = self.lists[0][token]
        if isinstance(follows, Exception):
            self.lists.pop(0)
            raise follows
        return Page([], follows, 0.0, None)

    def get(self, name: str) -> RawJob:
        raise NotImplementedError


def reader(watched: Watched, provider: Pages) -> Reader:
    return Reader(watched.project, cast(Provider, provider), uuid4(), watched.account.clock.now)


def fill(watched: Watched, number: int, *, ago: timedelta = DAY) -> None:
    for _ in range(number):
        watched.account.add_job(created=watched.account.clock.now() - ago)


def test_an_incremental_sync_stops_at_a_settled_page(gemini: Watched) -> None:
    fill(gemini, 450)
    gemini.sync()
    fresh = gemini.account.add_job()

    report = gemini.sync()

    assert (report.requests, report.created) == (2, 1)
    assert gemini.job(fresh.name).state == State.QUEUED


@pytest.mark.parametrize(("newest", "cut"), [("succeed", "pageToken"), ("run", "create_time|pageToken")])
def test_new_jobs_behind_an_interruption_are_found(watched: Watched, newest: Outcome, cut: str) -> None:
    fill(watched, 5)
    watched.sync()
    for _ in range(250):
        watched.account.add_job(created=watched.account.clock.now() - DAY / 2)
    watched.account.add_job(created=watched.account.clock.now() - DAY / 4, outcome=newest)
    watched.account.faults.reset(path=cut)
    watched.sync()
    watched.account.faults.clear()

    watched.sync()

    assert watched.project.jobs.count() == 256


def test_an_old_straggler_is_asked_for_alone(gemini: Watched) -> None:
    old = gemini.account.add_job(outcome="run", created=gemini.account.clock.now() - DAY * 1.5, run_seconds=10**6)
    fill(gemini, 450)
    gemini.sync()
    gemini.account.journal.clear()

    gemini.sync()

    assert gemini.account.journal.count(method="GET", path=f".*{old.name}$") == 1
    assert gemini.account.journal.count(method="GET", path=".*/batches$") == 1


def test_vertex_lists_active_jobs_and_those_created_since(vertex: Watched) -> None:
    fill(vertex, 250)
    active = vertex.account.add_job(queue_seconds=60, run_seconds=600)
    vertex.sync()
    vertex.pass_time(120)
    fresh = vertex.account.add_job()

    report = vertex.sync()

    assert (report.seen, report.requests) == (4, 2)
    assert vertex.job(active.name).state == State.RUNNING
    assert vertex.job(fresh.name).state == State.QUEUED


def test_hundreds_of_stragglers_are_read_from_the_whole_list(vertex: Watched) -> None:
    for _ in range(301):
        vertex.account.add_job(created=vertex.account.clock.now() - DAY / 24, run_seconds=4000)
    fill(vertex, 1, ago=timedelta(0))
    vertex.sync()
    vertex.pass_time(1800)

    report = vertex.sync()

    assert (report.requests, report.changed) == (6, 302)


def test_vertex_asks_for_active_jobs_that_are_not_listed_as_active(vertex: Watched) -> None:
    made = vertex.account.add_job(created=vertex.account.clock.now() - DAY / 24, run_seconds=4000)
    fill(vertex, 1, ago=timedelta(0))
    vertex.sync()
    vertex.pass_time(1800)
    vertex.sync()

    assert vertex.job(made.name).state == State.SUCCEEDED
    assert vertex.account.journal.count(method="GET", path=f".*/{made.id}$") == 1


def test_vertex_order_does_not_matter(vertex: Watched) -> None:
    fill(vertex, 250)
    vertex.account.faults.shuffle_list()

    vertex.sync()

    assert vertex.project.jobs.count() == 250


def test_an_empty_page_in_the_middle_loses_nothing(watched: Watched) -> None:
    fill(watched, 250)
    watched.account.faults.empty_middle_page()

    report = watched.sync(full=True)

    assert (watched.project.jobs.count(), report.errors) == (250, [])


def test_an_expired_page_token_starts_the_list_anew(gemini: Watched) -> None:
    provider = Pages({"": "two", "two": PageTokenExpired("expired")}, {"": "two", "two": ""})

    pages = list(reader(gemini, provider).pages())

    assert provider.asked == ["", "two", "", "two"]
    assert len(pages) == 3


def test_a_list_longer_than_a_minutes_budget_waits_for_its_turn(gemini: Watched) -> None:
    at = gemini.account.clock.now()
    token = Project.objects.filter(pk=gemini.project.pk).claim(at, timedelta(seconds=1)) or uuid4()
    provider = Pages({"": "two", "two": BudgetUsedUp("later")}, {"two": ""})

    pages = list(Reader(gemini.project, cast(Provider, provider), token, gemini.account.clock.now).pages())

    gemini.project.refresh_from_db()
    assert (provider.asked, len(pages)) == (["", "two", "two"], 2)
    assert gemini.project.leased_until == at + timedelta(seconds=settings.SYNC_LEASE_SECONDS)


def test_a_list_that_repeats_a_token_ends_with_an_error(gemini: Watched) -> None:
    provider = Pages({"": "two", "two": "two"})

    with pytest.raises(TransientError, match="repeats itself"):
        list(reader(gemini, provider).pages())


def test_one_hostile_job_blocks_no_other(watched: Watched) -> None:
    fill(watched, 5)
    watched.account.faults.hostile = {"displayName": "<script>" + "x" * 10_000 + "\0", "state": 17}

    report = watched.sync()

    assert (report.created, report.errors) == (5, [])
    names = watched.project.jobs.values_list("display_name", flat=True)
    assert all(len(name) <= 300 for name in names)


def test_a_list_of_empty_pages_without_end_is_left(watched: Watched) -> None:
    endless = Pages({str(number or ""): str(number + 1) for number in range(MOST_EMPTY)})

    with pytest.raises(TransientError, match="does not end"):
        list(reader(watched, endless).pages())

    assert len(endless.asked) == 200
