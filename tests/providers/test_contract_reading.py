"""What every provider does with an account that behaves: pages, single jobs, states, stable bytes."""

from datetime import timedelta

import httpx
import pytest

from jobs.providers.base import GoneError
from jobs.states import State

from .harness import Bench


def add_jobs(bench: Bench, number: int) -> list[str]:
    """Newest last, a second apart."""
    start = bench.remote.clock.now() - timedelta(hours=1)
    return [bench.remote.add_job(created=start + timedelta(seconds=nth)).name for nth in range(number)]


def test_all_pages_hold_all_jobs_once(bench: Bench) -> None:
    added = add_jobs(bench, 7)

    assert [len(page.jobs) for page in bench.listed(size=3)] == [3, 3, 1]
    assert sorted(bench.names()) == sorted(added)


def test_a_list_that_promises_it_is_newest_first(bench: Bench) -> None:
    added = add_jobs(bench, 4)

    assert not bench.kind.capabilities.newest_first or bench.names() == added[::-1]


def test_an_empty_page_in_the_middle_is_passed_over(bench: Bench) -> None:
    added = add_jobs(bench, 7)
    bench.remote.faults.empty_middle_page()

    assert [len(page.jobs) for page in bench.listed(size=3)] == [3, 0, 3, 1]
    assert sorted(bench.names()) == sorted(added)


def test_an_empty_account_lists_one_empty_page(bench: Bench) -> None:
    [page] = bench.listed()

    assert (page.jobs, page.next_token) == ([], "")


def test_every_request_for_a_list_says_its_page_size(bench: Bench) -> None:
    add_jobs(bench, 4)
    bench.listed(size=3)

    assert ["pageSize=3" in entry.query for entry in bench.remote.journal] == [True, True]


def test_a_job_got_alone_reads_like_in_the_list(bench: Bench) -> None:
    [name] = add_jobs(bench, 1)
    [page] = bench.listed()

    assert bench.get(name) == page.jobs[0]
    assert (page.jobs[0].name, bench.read(name).name) == (name, name)


def test_an_unknown_job_is_gone(bench: Bench) -> None:
    with pytest.raises(GoneError) as gone:
        bench.get(bench.unknown)
    assert gone.value.status == 404


def test_a_job_deleted_elsewhere_is_gone(bench: Bench) -> None:
    [name] = add_jobs(bench, 1)
    bench.remote.forget(name)

    with pytest.raises(GoneError):
        bench.get(name)


def test_the_bytes_of_an_unchanged_job_stay_the_same(bench: Bench) -> None:
    add_jobs(bench, 3)
    bench.remote.clock.advance(7200)

    [first], [second] = bench.listed(size=5), bench.listed(size=5)

    assert [job.body for job in first.jobs] == [job.body for job in second.jobs]


def test_the_bytes_of_a_job_that_moved_on_differ(bench: Bench) -> None:
    name = bench.remote.add_job(queue_seconds=0, run_seconds=6000).name
    before = bench.get(name).body
    bench.remote.clock.advance(3000)

    assert bench.get(name).body != before


@pytest.mark.parametrize(
    ("outcome", "seconds", "state"),
    [
        ("succeed", 0, State.QUEUED),
        ("succeed", 300, State.RUNNING),
        ("succeed", 700, State.SUCCEEDED),
        ("partial", 700, State.SUCCEEDED),
        ("all_failed", 700, State.SUCCEEDED),
        ("fail", 700, State.FAILED),
        ("stuck", 300_000, State.EXPIRED),
        ("unknown", 300, State.UNKNOWN),
    ],
)
def test_the_providers_words_become_ours(bench: Bench, outcome: str, seconds: int, state: State) -> None:
    name = bench.remote.add_job(outcome=outcome).name  # type: ignore[arg-type]
    bench.remote.clock.advance(seconds)

    job = bench.read(name)

    assert (job.reported, job.provider_state != "") == (state, True)


def test_a_word_nobody_knows_is_kept_as_it_came(bench: Bench) -> None:
    name = bench.remote.add_job(outcome="unknown", queue_seconds=0).name

    assert bench.read(name).provider_state.endswith("_STATE_REBALANCING")


def test_a_page_tells_how_far_their_clock_is_from_ours(bench: Bench) -> None:
    plain = bench.connect().list_page()
    bench.remote.faults.date_skew(3600)

    ahead = bench.connect().list_page()

    assert plain.latency > 0
    assert ahead.skew is not None and plain.skew is not None
    assert ahead.skew - plain.skew == pytest.approx(3600, abs=20)


def test_one_run_over_a_real_port(bench: Bench, base_url: str) -> None:
    added = add_jobs(bench, 7)

    with httpx.Client() as client:
        provider = bench.on_port(base_url).connect(client=client)
        first = provider.list_page(size=4)
        rest = provider.list_page(first.next_token, size=4)
        alone = provider.get(added[0])

    assert sorted(job.name for job in first.jobs + rest.jobs) == sorted(added)
    assert alone.name == added[0]
