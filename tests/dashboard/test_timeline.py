"""The timeline: what is drawn where, in which words, for whom, at what cost."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from jobs.models import BatchJob, Forecast, Project, User
from jobs.states import State
from tests.conftest import ClientFor, MakeProject
from tests.dashboard.reading import FRAGMENT, get, words
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]
HOUR = timedelta(hours=1)


@pytest.fixture
def client(client_for: ClientFor, victor: User) -> Client:
    return client_for(victor)


def bars(html: str) -> list[str]:
    return re.findall(r'<a class="state-.*?</a>', html, re.S)


def rects(bar: str) -> list[tuple[str, str, str]]:
    """What is drawn of one job: its kind, from where, how wide (percent)."""
    return re.findall(r'<rect class="(\w+)" x="([\d.]+)%" y="\d+" width="([\d.]+)%"', bar)


def lived(project: Project, at: datetime, first: float, last: float | None, **fields: Any) -> BatchJob:
    """A job from ``first`` to ``last`` hours ago that waited half an hour; None: it runs still."""
    ended: dict[str, Any] = {"state": State.RUNNING} if last is None else {"ended_at": at - last * HOUR}
    started = {"started_at": at - (first - 0.5) * HOUR}
    return make_job(project, **({"created_at": at - first * HOUR} | started | ended | fields))


def test_a_bar_is_thin_while_it_waited_and_thick_while_it_ran(client: Client, project: Project, at: datetime) -> None:
    """25 hours across: 4 percent an hour."""
    lived(project, at, 10, 8)

    (bar,) = bars(get(client, "/timeline/"))

    assert rects(bar) == [("wait", "56.00", "2.00"), ("fill", "58.00", "6.00")]


def test_waits_too_short_to_point_at_are_one_shape(client: Client, project: Project, at: datetime) -> None:
    """Units across are hundredths of a percent: an hour is 400."""
    for hours in (10, 5):
        lived(project, at, hours, hours - 2, started_at=at - (hours - 0.1) * HOUR)

    html = get(client, "/timeline/")

    assert [rects(bar) for bar in bars(html)] == [[("fill", "56.40", "7.60")], [("fill", "76.40", "7.60")]]
    assert re.findall(r'<path class="wait" d="(.*?)"', html) == ["M5600 9h40v3h-40zM7600 9h40v3h-40z"]


@pytest.mark.parametrize(("display_name", "title"), [("a/b", "a/b"), ("", "4ab12c")])
def test_a_job_without_a_name_goes_by_its_id(
    client: Client, project: Project, at: datetime, display_name: str, title: str
) -> None:
    lived(project, at, 10, 8, display_name=display_name, name="batches/4ab12c")

    (bar,) = bars(get(client, "/timeline/"))

    assert f'aria-label="{title}&#10;Succeeded' in bar


def test_a_bar_leads_to_its_job_in_the_filter_and_says_what_it_is(
    client: Client, project: Project, at: datetime
) -> None:
    job = lived(project, at, 10, 8, display_name="nightly <b>", state=State.FAILED, requests_total=12_000)

    (bar,) = bars(get(client, "/timeline/?state=failed"))

    assert f'class="state-failed" href="/jobs/{job.pk}/?state=failed"' in bar
    assert (
        'aria-label="nightly &lt;b&gt;&#10;Failed&#10;project-1&#10;gemini-2.5-flash&#10;'
        'Nov 22 02:00 → Nov 22 04:00: waited 30 min, ran 1 h 30 min&#10;12,000 requests"'
    ) in bar


@pytest.mark.parametrize(
    ("fields", "drawn", "said"),
    [
        ({"state": State.QUEUED, "started_at": None}, [("wait", "88.00", "8.00")], "→ now: waiting for 2 h"),
        ({"state": State.RUNNING, "started_at": None}, [("fill", "88.00", "8.00")], "→ now: 2 h in all"),
        ({"state": State.RUNNING}, [("wait", "88.00", "2.00"), ("fill", "90.00", "6.00")], "running for 1 h 30 min"),
    ],
)
def test_a_live_job_reaches_to_now(
    client: Client, project: Project, at: datetime, fields: dict[str, Any], drawn: list[Any], said: str
) -> None:
    lived(project, at, 2, None, **fields)

    (bar,) = bars(get(client, "/timeline/"))

    assert rects(bar) == drawn
    assert said in bar


def test_the_expected_rest_of_a_running_job_is_drawn_pale(client: Client, project: Project, at: datetime) -> None:
    job = lived(project, at, 2, None)
    Forecast.objects.create(job=job, at=at, expected_at=at + HOUR / 2)

    (bar,) = bars(get(client, "/timeline/"))

    assert rects(bar)[2] == ("rest", "96.00", "2.00")
    assert "&#10;expected to end Nov 22 12:30" in bar


def test_what_began_before_the_window_is_cut(client: Client, project: Project, at: datetime) -> None:
    lived(project, at, 100, 14)

    (bar,) = bars(get(client, "/timeline/"))

    assert rects(bar) == [("fill", "0.00", "40.00")]


def test_a_blink_can_be_seen(client: Client, project: Project, at: datetime) -> None:
    make_job(project, created_at=at - HOUR, ended_at=at - HOUR)

    (bar,) = bars(get(client, "/timeline/?range=30d"))

    assert rects(bar) == [("fill", "95.87", "0.25")]


def test_only_the_first_bar_of_a_group_is_a_stop_of_the_tab_key(client: Client, project: Project, at: datetime) -> None:
    for hours in (9, 8, 7):
        lived(project, at, hours, hours - 1)

    found = bars(get(client, "/timeline/"))

    assert ["tabindex" in bar for bar in found] == [False, True, True]


def test_jobs_of_other_projects_do_not_exist(
    client: Client, project: Project, make_project: MakeProject, at: datetime
) -> None:
    lived(project, at, 2, 1)
    lived(make_project("secret"), at, 2, 1, display_name="theirs")

    html = get(client, "/timeline/")

    assert len(bars(html)) == 1
    assert "theirs" not in html and "secret" not in html


def test_lanes_are_by_project_or_by_model(
    client: Client, project: Project, alice: User, client_for: ClientFor, at: datetime
) -> None:
    lived(project, at, 2, 1, model="a")
    lived(project, at, 3, 1, model="b")
    lived(project, at, 4, 1, model="b")

    def groups(path: str) -> list[str]:
        return [words(name) for name in re.findall(r'<div class="lane-name">(.*?)</div>', get(client, path), re.S)]

    assert groups("/timeline/") == ["project-1 3 jobs"]
    assert groups("/timeline/?group=model") == ["b 2 jobs", "a 1 job"]


def test_what_finds_no_lane_is_folded_and_said(
    client: Client, project: Project, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.timeline.packing.FEWEST_LANES", 2)
    monkeypatch.setattr("jobs.timeline.packing.MOST_LANES", 2)
    for number in range(5):
        lived(project, at, 5, 1 + number / 10)

    html = get(client, "/timeline/")

    assert len(bars(html)) == 2
    assert "5 jobs · 3 short jobs folded" in words(html)
    assert re.findall(r'<g class="marks" aria-hidden="true">\s*(.*?)\s*</g>', html, re.S) == [
        '<rect x="75.62%" y="46" width="0.50%" height="12"/>'
    ]


def test_moves_and_zooms_by_links_that_keep_the_filter(client: Client, project: Project, at: datetime) -> None:
    html = get(client, "/timeline/?state=failed&from=2026-11-22T00:00Z&to=2026-11-22T04:00Z")

    links = dict(re.findall(r'<a class="button small"\s+href="\?([^"]*)"[^>]*>(‹ Earlier|Later ›|\+|−)</a>', html))
    assert {label: address.replace("%3A", ":").replace("&amp;", "&") for address, label in links.items()} == {
        "‹ Earlier": "state=failed&from=2026-11-21T22:00Z&to=2026-11-22T02:00Z",
        "Later ›": "state=failed&from=2026-11-22T02:00Z&to=2026-11-22T06:00Z",
        "+": "state=failed&from=2026-11-22T01:00Z&to=2026-11-22T03:00Z",
        "−": "state=failed&from=2026-11-21T22:00Z&to=2026-11-22T06:00Z",
    }


def test_forms_keep_what_they_do_not_ask_for(client: Client, project: Project) -> None:
    html = get(client, "/timeline/?state=failed&kept=1&range=6h&group=model")

    kept = re.findall(r'<input type="hidden"\s+name="(\w+)"\s+value="([^"]*)">', html)
    own = [("state", "failed"), ("kept", "1"), ("group", "model")]
    assert [pair for pair in kept if pair[0] != "csrfmiddlewaretoken"] == [*own[:2], ("range", "6h"), own[2], *own]


def test_nonsense_in_the_address_is_told(client: Client, project: Project, at: datetime) -> None:
    lived(project, at, 2, 1)

    text = words(get(client, "/timeline/?range=yesterday&state=melted&group=x"))

    assert "No such state: “melted”. It is left out. No such time range: “yesterday”." in text


def test_too_much_to_read_is_said(
    client: Client, project: Project, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.timeline.reading.MOST_READ", 2)
    for hours in (4, 3, 2):
        lived(project, at, hours, 1)

    text = words(get(client, "/timeline/"))

    assert "Only the newest 2 jobs of this range are read; before 2026-11-22 09:00 some are missing." in text


def test_states_are_counted_and_lead_to_themselves(client: Client, project: Project, at: datetime) -> None:
    lived(project, at, 3, 2, state=State.FAILED)
    lived(project, at, 3, 2)

    html = get(client, "/timeline/?range=6h")

    pills = re.findall(r'<a class="pill state[^"]*"\s+href="\?([^"]*)"[^>]*>(.*?)</a>', html, re.S)
    assert [(words(text), query) for query, text in pills] == [
        ("Queued 0", "state=queued&amp;range=6h"),
        ("Running 0", "state=running&amp;range=6h"),
        ("Succeeded 1", "state=succeeded&amp;range=6h"),
        ("Failed 1", "state=failed&amp;range=6h"),
    ]


def test_tells_how_long_jobs_waited_and_ran(client: Client, project: Project, at: datetime) -> None:
    for hours in (5, 4, 3):
        lived(project, at, hours, 2, requests_total=10)

    text = words(get(client, "/timeline/"))

    assert "Queue wait 3 jobs 30 min median · p95 30 min" in text
    assert "Run time 3 jobs 1 h 30 min median · p95 2 h 30 min" in text
    assert "Throughput 3 jobs ended with 30 requests" in text
    assert "Live jobs 0 / 100 project-1 , most 3 at Nov 22 09:00" in text
    assert "gemini-2.5-flash up to 100 requests 3 30 min 30 min 1 h 30 min 2 h 30 min" in text


def test_the_same_as_a_table(client: Client, project: Project, at: datetime) -> None:
    lived(project, at, 10, 8, display_name="nightly")

    html = get(client, "/timeline/?view=table")

    assert bars(html) == []
    assert "nightly Succeeded project-1 gemini-2.5-flash 10 h ago waited 30 min, ran 1 h 30 min 10 ok" in words(html)


def test_says_what_to_do_when_nothing_is_there(client: Client, project: Project, at: datetime) -> None:
    assert "Waiting for the first sync" in get(client, "/timeline/")
    Project.objects.update(last_success_at=at)
    assert "No jobs in this range" in get(client, "/timeline/")
    assert "Nothing matches" in get(client, "/timeline/?state=failed")


def test_a_stranger_reads_whom_to_ask(client_for: ClientFor, stranger: User) -> None:
    assert "You see no project yet" in get(client_for(stranger), "/timeline/")


def test_a_fragment_is_the_part_that_changes_and_is_not_sent_twice(
    client: Client, project: Project, at: datetime
) -> None:
    lived(project, at, 2, 1)
    answer = client.get("/timeline/?range=6h&q=", headers=FRAGMENT)

    again = client.get("/timeline/?range=6h", headers=FRAGMENT | {"If-None-Match": answer["ETag"]})

    assert "<html" not in answer.content.decode() and len(bars(answer.content.decode())) == 1
    assert (answer["HX-Push-Url"], again.status_code) == ("/timeline/?range=6h", 304)


@pytest.mark.parametrize("address", ["/timeline/", "/timeline/?view=table"])
def test_many_jobs_cost_the_queries_of_one(
    address: str, client: Client, project: Project, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lived(project, at, 2, 1)
    with CaptureQueriesContext(connection) as for_one:
        get(client, address)
    for _ in range(20):
        lived(project, at, 2, 1)

    with django_assert_num_queries(len(for_one)):
        get(client, address)
    assert len(for_one) <= 12
