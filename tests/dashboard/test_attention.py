"""The attention pages: what is listed for whom, and what people do about it."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs import attention
from jobs.attention import Kind
from jobs.models import Attention, AuditEntry, Membership, Project, Role, User
from jobs.states import State
from tests.conftest import ClientFor, MakeProject
from tests.dashboard.reading import get
from tests.factories import make_attention, make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]
Read = Callable[..., str]


@pytest.fixture
def noon(at: datetime) -> Iterator[None]:
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def row(project: Project) -> Attention:
    """Two failed jobs of ``project``."""
    return make_attention(project, *[make_job(project, state=State.FAILED) for _ in range(2)])


def words(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers or None)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def post(client: Client, row: Attention, verb: str, **data: Any) -> Attention:
    answer = client.post(f"/attention/{row.pk}/{verb}/", data)
    assert (answer.status_code, answer["Location"]) == (302, f"/attention/{row.pk}/")
    row.refresh_from_db()
    return row


def story(row: Attention) -> list[tuple[str, str, str]]:
    return list(row.notes.values_list("author", "verb", "text"))


def test_says_what_why_since_when_and_what_to_do(client_for: ClientFor, victor: User, row: Attention) -> None:
    text = words(client_for(victor), "/attention/")

    assert "Open 1 Mine 0 Snoozed 0 Resolved 0" in text
    assert "Jobs failed Failed project-1 Out of quota. Ask for more. 2 now nobody yet" in text
    assert "Attention 1 open" in text


def test_the_jobs_lead_to_the_list_of_jobs_alike(client_for: ClientFor, victor: User, row: Attention) -> None:
    html = client_for(victor).get("/attention/").content.decode()

    assert f'href="/?state=failed&amp;state=expired&amp;project={row.project_id}">2</a>' in html


def test_a_stranger_sees_nothing(client_for: ClientFor, stranger: User, row: Attention) -> None:
    text = words(client_for(stranger), "/attention/")

    assert "Nothing needs a look" in text and "Jobs failed" not in text


def test_of_a_shared_incident_each_sees_their_own_jobs(
    client_for: ClientFor, victor: User, project: Project, make_project: MakeProject, at: datetime
) -> None:
    mine = make_job(project, display_name="mine")
    theirs = [make_job(make_project(), display_name="theirs") for _ in range(5)]
    members = [mine.pk, *[job.pk for job in theirs]]
    attention.report(Kind.STUCK, "m", at=at, title="Jobs are stuck", model="m", members=members)

    text = words(client_for(victor), f"/attention/{Attention.objects.get().pk}/")

    assert "1 job Jobs like these" in text and "theirs" not in text
    assert "Jobs are stuck Stuck m 1 now" in words(client_for(victor), "/attention/")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Jobs failed", "Stopped"}),
        ("?kind=brake", {"Stopped"}),
        ("?kind=nonsense&view=x&project=x", {"Jobs failed", "Stopped"}),
        ("?view=mine", {"Mine"}),
        ("?view=snoozed", {"Later"}),
        ("?view=resolved", {"Over"}),
        ("?project=999999", set()),
    ],
)
def test_filters(
    client_for: ClientFor, olga: User, row: Attention, project: Project, at: datetime, query: str, found: set[str]
) -> None:
    kinds = {Kind.BRAKE: "Stopped", Kind.DRIFT: "Mine", Kind.STUCK: "Later", Kind.LATE: "Over"}
    made = {title: make_attention(project, kind=kind, title=title) for kind, title in kinds.items()}
    later = at + timedelta(hours=1)
    Attention.objects.filter(pk=made["Mine"].pk).update(assigned_to=olga, snoozed_until=later)
    Attention.objects.filter(pk=made["Later"].pk).update(snoozed_until=later)
    Attention.objects.filter(pk=made["Over"].pk).update(resolved_at=at, resolved_by="olga")

    html = client_for(olga).get(f"/attention/{query}").content.decode()

    titles = set(re.findall(r"<a href=\"/attention/\d+/\"><bdi>(.*?)</bdi>", html))
    assert titles - ({"Mine"} if query == "?view=snoozed" else set()) == found


def test_acknowledging_says_who_has_seen_it(client_for: ClientFor, olga: User, row: Attention, at: datetime) -> None:
    post(client_for(olga), row, "acknowledge")

    assert (row.acknowledged_at, row.acknowledged_by) == (at, "olga")
    assert story(row)[-1] == ("olga", "acknowledged", "")
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor, entry.project) == ("acknowledged attention", olga, row.project)
    assert "seen by olga" in words(client_for(olga), "/attention/")


def test_a_second_acknowledgement_changes_nothing(client_for: ClientFor, olga: User, row: Attention) -> None:
    post(client_for(olga), row, "acknowledge")
    post(client_for(olga), row, "acknowledge")

    assert [verb for _, verb, _ in story(row)] == ["opened", "acknowledged"]


def test_acknowledging_from_the_list_returns_to_it(client_for: ClientFor, olga: User, row: Attention) -> None:
    client = client_for(olga)

    for back, target in [("/attention/?kind=failed", "/attention/?kind=failed"), ("//evil.example", "")]:
        answer = client.post(f"/attention/{row.pk}/acknowledge/", {"back": back})
        assert answer["Location"] == (target or f"/attention/{row.pk}/")


def test_assigning_hands_it_to_a_member(client_for: ClientFor, olga: User, victor: User, row: Attention) -> None:
    client = client_for(olga)

    post(client, row, "assign", person=victor.pk)
    assert (row.assigned_to, story(row)[-1]) == (victor, ("olga", "assigned", "to victor"))
    assert "Mine 1" in words(client_for(victor), "/attention/")

    post(client, row, "assign", person="")
    assert (row.assigned_to, story(row)[-1]) == (None, ("olga", "assigned", "to nobody"))


def test_nobody_who_may_not_see_it_gets_it(client_for: ClientFor, olga: User, stranger: User, row: Attention) -> None:
    answer = client_for(olga).post(f"/attention/{row.pk}/assign/", {"person": stranger.pk})

    row.refresh_from_db()
    assert (answer.status_code, row.assigned_to) == (422, None)


def test_comments_are_kept_as_written(client_for: ClientFor, olga: User, row: Attention) -> None:
    client = client_for(olga)
    post(client, row, "comment", text="<b>Asked</b> for quota.")

    assert story(row)[-1] == ("olga", "commented", "<b>Asked</b> for quota.")
    assert "&lt;b&gt;Asked&lt;/b&gt; for quota." in client.get(f"/attention/{row.pk}/").content.decode()


@pytest.mark.parametrize(
    ("data", "hours"), [({"span": "4h"}, 4), ({"span": "7d"}, 168), ({"span": "day", "day": "2026-11-24"}, 36)]
)
def test_snoozed_it_comes_back_by_itself(
    client_for: ClientFor, olga: User, row: Attention, at: datetime, data: dict[str, str], hours: int
) -> None:
    post(client_for(olga), row, "snooze", **data)

    until = at + timedelta(hours=hours)
    assert row.snoozed_until == until
    assert (Attention.objects.open(at).count(), Attention.objects.open(until).count()) == (0, 1)


def test_a_day_begins_where_the_person_is(client_for: ClientFor, olga: User, row: Attention, at: datetime) -> None:
    User.objects.filter(pk=olga.pk).update(time_zone="Asia/Tokyo")

    post(client_for(olga), row, "snooze", span="day", day="2026-11-24")

    assert row.snoozed_until == at + timedelta(hours=27)
    assert story(row)[-1] == ("olga", "snoozed", "until 2026-11-23 15:00 UTC")


@pytest.mark.parametrize(
    "data", [{"span": "x"}, {"span": "day"}, {"span": "day", "day": "2026-11-01"}, {"span": "day", "day": "2036-01-01"}]
)
def test_a_snooze_that_makes_no_sense_is_refused(
    client_for: ClientFor, olga: User, row: Attention, data: dict[str, str]
) -> None:
    answer = client_for(olga).post(f"/attention/{row.pk}/snooze/", data)

    row.refresh_from_db()
    assert (answer.status_code, row.snoozed_until, len(story(row))) == (422, None, 1)


def test_resolving_closes_it_with_who_and_what(client_for: ClientFor, olga: User, row: Attention, at: datetime) -> None:
    post(client_for(olga), row, "resolve", note="Quota raised.")

    assert (row.resolved_at, row.resolved_by, story(row)[-1]) == (at, "olga", ("olga", "resolved", "Quota raised."))
    assert "Open 0 Mine 0 Snoozed 0 Resolved 1" in words(client_for(olga), "/attention/")


def test_reopening_takes_it_up_again(client_for: ClientFor, olga: User, row: Attention) -> None:
    client = client_for(olga)
    post(client, row, "resolve")
    post(client, row, "reopen")

    assert (row.resolved_at, row.resolved_by, story(row)[-1]) == (None, "", ("olga", "reopened", ""))


def test_a_viewer_reads_but_has_no_buttons(client_for: ClientFor, victor: User, row: Attention) -> None:
    html = client_for(victor).get(f"/attention/{row.pk}/").content.decode()

    assert "you may look" in html and 'action="/attention/' not in html


def test_an_operator_of_any_project_concerned_may_act(
    client_for: ClientFor, olga: User, make_project: MakeProject, project: Project, at: datetime
) -> None:
    members = [make_job(project).pk, make_job(make_project()).pk]
    attention.report(Kind.STUCK, "m", at=at, title="Stuck", members=members)

    assert post(client_for(olga), Attention.objects.get(), "resolve").resolved_by == "olga"


def test_a_viewer_of_one_project_gains_nothing_by_being_operator_elsewhere(
    client_for: ClientFor, victor: User, row: Attention, make_project: MakeProject
) -> None:
    Membership.objects.create(user=victor, project=make_project(), role=Role.OPERATOR)

    assert client_for(victor).post(f"/attention/{row.pk}/resolve/").status_code == 403
    row.refresh_from_db()
    assert row.resolved_at is None


def test_an_unchanged_fragment_is_not_sent_again(client_for: ClientFor, victor: User, row: Attention) -> None:
    client = client_for(victor)
    first = client.get("/attention/", headers={"HX-Request": "true"})

    again = client.get("/attention/", headers={"HX-Request": "true", "If-None-Match": first["ETag"]})
    Attention.objects.update(acknowledged_at=row.since, acknowledged_by="olga")
    changed = client.get("/attention/", headers={"HX-Request": "true", "If-None-Match": first["ETag"]})

    assert (first.status_code, again.status_code, changed.status_code) == (200, 304, 200)


def test_the_list_asks_the_same_number_of_queries_for_many(
    client_for: ClientFor, superuser: User, make_project: MakeProject, django_assert_num_queries: Any
) -> None:
    client = client_for(superuser)

    def queries(made: int) -> int:
        for _ in range(made):
            place = make_project()
            make_attention(place, make_job(place, state=State.FAILED))
        client.get("/attention/")
        with django_assert_num_queries(100, exact=False) as captured:
            client.get("/attention/")
        return len(captured)

    assert queries(3) == queries(20)


def test_many_jobs_of_one_entry_cost_the_queries_of_two(
    client_for: ClientFor, superuser: User, project: Project, at: datetime, django_assert_num_queries: Any
) -> None:
    client, members = client_for(superuser), [make_job(project).pk for _ in range(2)]
    attention.report(Kind.STUCK, "m", at=at, title="Stuck", members=members)
    address = f"/attention/{Attention.objects.get().pk}/"
    with CaptureQueriesContext(connection) as for_two:
        get(client, address)
    members += [make_job(project).pk for _ in range(20)]
    attention.report(Kind.STUCK, "m", at=at, title="Stuck", members=members)

    with django_assert_num_queries(len(for_two)):
        assert get(client, address).count('class="state-') == 22
