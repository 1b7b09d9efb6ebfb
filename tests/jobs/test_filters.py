"""The one filter: reading, applying, saying, writing back."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from jobs import paging
from jobs.filters import SORTS, JobFilter
from jobs.models import BatchJob, Project
from jobs.paging import PAGE_SIZE, Cursor, Order
from jobs.states import ACTIVE, TERMINAL, State
from tests.factories import make_job

NAMES = [
    "q",
    "project",
    "state",
    "model",
    "range",
    "from",
    "to",
    "older_than",
    "failures",
    "gone",
    "sort",
    "dir",
    "after",
    "before",
]
WORDS = [
    "1",
    "failed",
    "7d",
    "9999d",
    "custom",
    "2026-11-01",
    "2026-11-30",
    "asc",
    "duration",
    "0_9",
    "-1_5",
    "gemini-2.5-pro",
]
QUERIES = st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=30) | st.sampled_from(WORDS)), max_size=20)


def parse(query: str) -> JobFilter:
    return JobFilter.parse(QueryDict(query))


def of_pairs(pairs: list[tuple[str, str]]) -> QueryDict:
    params = QueryDict(mutable=True)
    for name, value in pairs:
        params.appendlist(name, value)
    return params


def found(query: str, at: datetime) -> list[str]:
    page = parse(query).page(BatchJob.objects.all(), at=at)
    return [job.display_name for job in page.jobs]


@given(QUERIES)
def test_any_query_string_reads_and_comes_back_the_same(pairs: list[tuple[str, str]]) -> None:
    chosen = JobFilter.parse(of_pairs(pairs))

    assert parse(chosen.query()) == chosen
    assert chosen.describe({}).startswith(("all jobs", "jobs", "finished jobs", "unfinished jobs", *State))


@given(QUERIES)
def test_what_was_written_back_is_understood_wholly(pairs: list[tuple[str, str]]) -> None:
    assert parse(JobFilter.parse(of_pairs(pairs)).query()).notes == ()


@pytest.mark.django_db
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("place", [f"{2**63 - 1}_{2**63 - 1}", f"-{2**63 - 1}_0", "0_0"])
def test_no_place_in_the_list_is_too_far(sort: str, place: str, at: datetime) -> None:
    assert found(f"q=%00%22ab%25_&project={2**63 - 1}&sort={sort}&after={place}", at) == []


def test_nonsense_is_dropped_and_told() -> None:
    chosen = parse("state=melted&state=failed&project=x&range=ever&from=2026-02-30&after=zz")

    assert chosen == JobFilter(states=(State.FAILED,))
    assert chosen.notes == (
        "No such project number: “x”. It is left out.",
        "No such state: “melted”. It is left out.",
        "No such time range: “ever”. It is left out.",
        "No such date: “2026-02-30”. It is left out.",
        "No such page: “zz”. It is left out.",
    )


def test_reads_every_parameter() -> None:
    chosen = parse(
        "q=+night%00ly++run&project=3&project=2&state=failed&model=m&range=7d&failures=1&gone=1&sort=ended&dir=asc"
    )

    assert chosen == JobFilter(
        search="night ly run",
        projects=(2, 3),
        states=(State.FAILED,),
        models=("m",),
        within="7d",
        has_failures=True,
        gone=True,
        sort="ended",
        ascending=True,
    )


def test_writes_only_what_differs_from_the_plain_list() -> None:
    assert parse("q=&state=&sort=created&dir=desc&range=").query() == ""
    assert parse("dir=asc&state=failed&state=queued").query() == "state=queued&state=failed&dir=asc"


def test_swaps_dates_given_the_wrong_way_round() -> None:
    chosen = parse("range=custom&from=2026-11-20&to=2026-11-01")

    assert (chosen.created_from, chosen.created_to) == (date(2026, 11, 1), date(2026, 11, 20))
    assert chosen.notes == ("The first day was later than the last; they are swapped.",)


def test_a_change_begins_at_the_first_page() -> None:
    assert parse("q=a&after=5_6").but(search="b") == JobFilter(search="b")


def test_says_itself_in_words() -> None:
    chosen = parse("state=failed&state=partial&project=7&model=m&q=night&from=2026-11-01&failures=1&gone=1")

    assert chosen.describe({7: "Search"}) == (
        "partial or failed jobs of “Search” with model m matching “night” created from 2026-11-01 (UTC)"
        " with failures, also those gone at the provider"
    )


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("older_than=1d", "jobs older than 1 day"),
        ("state=failed&older_than=30d", "failed jobs that ended over 30 days ago"),
        ("state=failed&state=running&older_than=2d", "running or failed jobs older than 2 days"),
        ("&".join(f"state={state}" for state in sorted(TERMINAL)), "finished jobs"),
        ("&".join(f"state={state}" for state in sorted(ACTIVE)), "unfinished jobs"),
    ],
)
def test_says_age_and_groups_of_states(query: str, words: str) -> None:
    assert parse(query).describe({}) == words


@pytest.mark.parametrize("text", ["30", "d", "0d", "-1d", "3651d", "1.5d", "٣d"])
def test_an_age_is_whole_days(text: str) -> None:
    assert parse(f"older_than={text}") == JobFilter()


@pytest.mark.django_db
class TestApplied:
    def test_picks_by_project_state_and_model(self, make_project: Callable[..., Project], at: datetime) -> None:
        mine, other = make_project(), make_project()
        make_job(mine, display_name="a", state=State.FAILED)
        make_job(mine, display_name="b", model="other")
        make_job(other, display_name="c")

        assert found(f"project={mine.pk}", at) == ["b", "a"]
        assert found("state=failed", at) == ["a"]
        assert found("model=other", at) == ["b"]

    def test_leaves_gone_jobs_out_unless_asked(self, project: Project, at: datetime) -> None:
        make_job(project, display_name="here")
        make_job(project, display_name="gone", gone_at=at)

        assert found("", at) == ["here"]
        assert found("gone=1", at) == ["gone", "here"]

    def test_picks_by_creation(self, project: Project, at: datetime) -> None:
        for name, hours in [("new", 1), ("older", 25), ("old", 24 * 8)]:
            make_job(project, display_name=name, created_at=at - timedelta(hours=hours))

        assert found("range=24h", at) == ["new"]
        assert found("range=7d", at) == ["new", "older"]
        assert found("to=2026-11-21", at) == ["older", "old"]
        assert found("from=2026-11-21&to=2026-11-21", at) == ["older"]

    def test_picks_by_age_since_the_end_or_else_the_creation(self, project: Project, at: datetime) -> None:
        old, new = at - timedelta(days=31), at - timedelta(days=29)
        make_job(project, display_name="ended", created_at=old, ended_at=old)
        make_job(project, display_name="ended lately", created_at=old, ended_at=new)
        make_job(project, display_name="runs", state=State.RUNNING, created_at=old)

        assert sorted(found("older_than=30d", at)) == ["ended", "runs"]
        assert found("older_than=30d&state=succeeded", at) == ["ended"]

    def test_picks_jobs_with_failures(self, project: Project, at: datetime) -> None:
        make_job(project, display_name="all well", requests_failed=0)
        make_job(project, display_name="one bad", requests_failed=1)
        make_job(project, display_name="broke", state=State.FAILED)

        assert found("failures=1", at) == ["broke", "one bad"]

    def test_unfinished_jobs_by_duration_are_the_oldest_first(self, project: Project, at: datetime) -> None:
        for name, hours in [("young", 1), ("old", 5), ("middle", 3)]:
            make_job(project, display_name=name, state=State.RUNNING, created_at=at - timedelta(hours=hours))

        assert found("state=running&sort=duration", at) == ["old", "middle", "young"]
        assert found("state=running&sort=duration&dir=asc", at) == ["young", "middle", "old"]

    @pytest.mark.parametrize(
        ("search", "names"),
        [
            ("catalog", ["nightly-Catalog-rewrite"]),
            ("TALOG-re", ["nightly-Catalog-rewrite"]),
            ("rewrite nightly", ["nightly-Catalog-rewrite"]),
            ("ni", ["nightly-Catalog-rewrite"]),
            ("n", ["nightly-Catalog-rewrite"]),
            ("ca", []),
            ('50% "off"', ['50% "off" _x']),
            ("50_", []),
            ('"off" %', ['50% "off" _x']),
            ("é", ["École 日本語"]),
            ("本語", []),
            ("日本語", ["École 日本語"]),
        ],
    )
    def test_searches(self, project: Project, at: datetime, search: str, names: list[str]) -> None:
        for name in ("nightly-Catalog-rewrite", '50% "off" _x', "École 日本語"):
            make_job(project, display_name=name)

        assert found(of_pairs([("q", search)]).urlencode(), at) == names


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize("sort", SORTS)
    @pytest.mark.parametrize("direction", ["asc", "desc"])
    def test_forward_and_back_meet_every_job_once(
        self, project: Project, at: datetime, sort: str, direction: str
    ) -> None:
        for number in range(PAGE_SIZE + 7):
            make_job(project, created_at=at - timedelta(hours=number // 3), requests_failed=number % 3)
        chosen = parse(f"sort={sort}&dir={direction}")
        jobs = BatchJob.objects.all()

        first = chosen.page(jobs, at=at)
        second = parse(f"{chosen.query()}&after={first.next}").page(jobs, at=at)
        back = parse(f"{chosen.query()}&before={second.previous}").page(jobs, at=at)

        assert len({job.pk for job in [*first.jobs, *second.jobs]}) == PAGE_SIZE + 7
        assert [job.pk for job in back.jobs] == [job.pk for job in first.jobs]
        assert (first.previous, second.next) == (None, None)

    def test_before_the_first_rows_is_the_first_page(self, project: Project, at: datetime) -> None:
        newest = make_job(project)
        older = make_job(project, created_at=at - timedelta(days=1))

        page = parse(f"before={Cursor.of(older, JobFilter().order)}").page(BatchJob.objects.all(), at=at)

        assert list(page.jobs) == [newest, older]


def test_succeeded_jobs_sorted_by_failed_share_go_by_creation() -> None:
    order = JobFilter.parse(QueryDict("state=succeeded&sort=failed&dir=asc")).order

    assert (order.field, order.ascending) == ("by_created", True)


def test_few_matches_are_collected_by_an_expression_no_index_knows(project: Project) -> None:
    jobs = [make_job(project, requests_failed=failed) for failed in (3, 0, 0, 1)]
    order = Order("by_failed", few=1)

    rest = order.behind(BatchJob.objects.all(), Cursor.of(jobs[0], order))

    assert "COALESCE" in str(rest.query)
    assert list(rest) == [jobs[3], jobs[2], jobs[1]]


def test_of_hundreds_the_keys_are_sorted_and_the_rows_read_of_those_shown(
    project: Project, at: datetime, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(paging, "AT_ONCE", 3)
    jobs = [make_job(project, requests_failed=failed) for failed in (3, 0, 0, 1)]
    chosen = parse(f"project={project.pk}&sort=failed")

    with django_assert_num_queries(2):
        first = chosen.page(BatchJob.objects.all(), at=at, size=2, matches=4)
    with django_assert_num_queries(1):
        at_once = chosen.page(BatchJob.objects.all(), at=at, size=2, matches=3)

    assert list(first.jobs) == list(at_once.jobs) == [jobs[0], jobs[3]]
    assert first.next == Cursor.of(jobs[3], chosen.order)
