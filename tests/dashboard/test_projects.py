"""The list of projects and one project's page: health in a sentence, and the buttons."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from dashboard.project_health import Tally, health_of, lines_of
from jobs.models import AuditEntry, Project, User
from jobs.states import State
from tests.conftest import AT, ClientFor, MakeProject
from tests.dashboard.reading import FRAGMENT
from tests.factories import make_job

pytestmark = pytest.mark.usefixtures("redis_client", "no_key_offered")
SYNCED = {"last_success_at": AT, "next_sync_at": AT + timedelta(seconds=15)}


@pytest.fixture
def no_key_offered(settings: Settings) -> None:
    settings.GEMINI_API_KEY = ""


@pytest.fixture
def root(client_for: ClientFor, superuser: User) -> Client:
    return client_for(superuser)


@pytest.mark.parametrize(
    ("fields", "level", "sentence"),
    [
        ({}, "info", "Added; the first sync is about to run."),
        ({"leased_until": AT + timedelta(minutes=1)}, "info", "The first sync runs: 500 jobs so far."),
        (
            {"next_sync_at": AT - timedelta(minutes=3)},
            "warn",
            "A sync is overdue: no worker takes it. Are the workers running?",
        ),
        (SYNCED, "good", "The last sync went well."),
        (SYNCED | {"paused_at": AT, "error": "x"}, "paused", "Not polled until somebody resumes it."),
        (SYNCED | {"error": "Too slow.", "error_kind": "transient", "failures": 1}, "warn", "Too slow."),
        (SYNCED | {"error": "Too slow.", "error_kind": "transient", "failures": 3}, "bad", "Too slow."),
        (SYNCED | {"error": "Wrong key.", "error_kind": "credential", "failures": 1}, "bad", "Wrong key."),
        (SYNCED | {"error": "37 gone?", "error_kind": "brake", "brake": "mass_vanish"}, "bad", "37 gone?"),
        (SYNCED | {"error": "The same as A.", "error_kind": "double"}, "warn", "The same as A."),
        (
            {"last_success_at": AT, "next_sync_at": AT - timedelta(minutes=3)},
            "warn",
            "A sync is overdue: no worker takes it. Are the workers running?",
        ),
        (
            {
                "last_success_at": AT,
                "next_sync_at": AT - timedelta(minutes=3),
                "leased_until": AT + timedelta(minutes=1),
            },
            "good",
            "The last sync went well.",
        ),
    ],
)
def test_health_is_one_sentence(make_project: MakeProject, fields: dict[str, Any], level: str, sentence: str) -> None:
    health = health_of(make_project(**fields), AT, 500)

    assert (health.level, health.sentence) == (level, sentence)


def test_jobs_are_counted_by_project(make_project: MakeProject) -> None:
    project, empty = make_project(), make_project()
    for state in (State.QUEUED, State.RUNNING, State.FAILED, State.SUCCEEDED, State.SUCCEEDED):
        make_job(project, state=state)

    assert [line.tally for line in lines_of([project, empty], AT)] == [Tally(5, 2, 1), Tally(0, 0, 0)]


def test_the_list_shows_only_projects_one_is_a_member_of(
    client_for: ClientFor, victor: User, project: Project, make_project: MakeProject
) -> None:
    make_project(name="somebody else's")

    page = client_for(victor).get(reverse("project_list"))

    assertContains(page, project.name)
    assertNotContains(page, "somebody else")


def test_the_list_is_filtered_by_health_and_text(root: Client, make_project: MakeProject) -> None:
    later = timezone.now() + timedelta(hours=1)
    make_project(name="fine", last_success_at=AT, next_sync_at=later)
    make_project(name="broken", error="The key is wrong.", error_kind="credential")
    make_project(name="resting", paused_at=AT)

    def shown(**query: str) -> list[str]:
        return [line.project.name for line in root.get(reverse("project_list"), query).context["page"]]

    assert shown() == ["broken", "fine", "resting"]
    assert shown(health="trouble") == ["broken"]
    assert shown(health="paused") == ["resting"]
    assert shown(q="FIN") == ["fine"]
    assert shown(q="nothing") == []
    assert shown(health="<nonsense>") == ["broken", "fine", "resting"]


def test_a_long_list_comes_in_pages(root: Client, make_project: MakeProject) -> None:
    for number in range(101):
        make_project(name=f"project {number:03}")

    assertContains(root.get(reverse("project_list")), "1–100 of 101")
    last = root.get(reverse("project_list"), {"page": 2})
    assert [line.project.name for line in last.context["page"]] == ["project 100"]


def test_an_empty_board_leads_on(root: Client, stranger: User, client_for: ClientFor) -> None:
    assertContains(root.get(reverse("project_list")), "Add the first project")
    assertContains(client_for(stranger).get(reverse("project_list")), "You are not a member of any project")


def test_what_a_project_page_fetches_again_is_its_health_alone(root: Client, project: Project) -> None:
    Project.objects.update(error="The key was revoked.", error_kind="credential")

    part = root.get(reverse("project_detail", args=[project.pk]), headers=FRAGMENT).text

    assert re.findall(r'id="(health|health-word|trouble)"', part) == ["health", "health-word", "trouble"]
    assert "The key was revoked." in part
    assert not re.search("<(html|nav|h1)", part)


@pytest.mark.parametrize("number", [3, 30])
def test_the_list_asks_a_constant_number_of_queries(
    root: Client, make_project: MakeProject, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        make_job(make_project(error="Wrong key.", error_kind="credential"))

    with django_assert_num_queries(5):
        root.get(reverse("project_list"))


def test_provider_text_is_text_not_markup(root: Client, make_project: MakeProject) -> None:
    project = make_project(error="<script>alert(1)</script>", error_kind="refused", failures=1)

    assertContains(root.get(reverse("project_list")), "&lt;script&gt;alert(1)&lt;/script&gt;")
    assertContains(root.get(reverse("project_detail", args=[project.pk])), "&lt;script&gt;alert(1)&lt;/script&gt;")


def test_the_page_tells_skew_doubles_and_the_way_out(root: Client, make_project: MakeProject) -> None:
    first = make_project(name="first")
    trouble = {"error": "The key is wrong.", "error_kind": "credential", "failures": 2}
    second = make_project(clock_skew_seconds=-94.2, same_account_as=first, latency_ms=1234, **trouble)

    page = root.get(reverse("project_detail", args=[second.pk]))

    assertContains(page, "-94 s from the provider's: set this server's clock by NTP")
    assertContains(page, f'<a href="{reverse("project_detail", args=[first.pk])}">first</a>')
    assertContains(page, "1,234 ms a request")
    assertContains(page, reverse("project_rotate", args=[second.pk]))


def test_a_double_in_a_foreign_project_is_not_named(
    client_for: ClientFor, victor: User, project: Project, make_project: MakeProject
) -> None:
    Project.objects.filter(pk=project.pk).update(same_account_as=make_project(name="secret plans"))

    page = client_for(victor).get(reverse("project_detail", args=[project.pk]))

    assertContains(page, "a project you are not a member of")
    assertNotContains(page, "secret plans")


def test_a_viewer_is_shown_no_button_they_may_not_press(client_for: ClientFor, victor: User, project: Project) -> None:
    page = client_for(victor).get(reverse("project_detail", args=[project.pk]))

    for name in ("project_sync", "project_pause", "project_edit", "project_rotate", "project_remove", "member_list"):
        assertNotContains(page, reverse(name, args=[project.pk]) + '"')


def test_pauses_and_resumes(client_for: ClientFor, alice: User, project: Project) -> None:
    browser = client_for(alice)

    answer = browser.post(reverse("project_pause", args=[project.pk]))
    assertRedirects(answer, reverse("project_detail", args=[project.pk]))
    assert Project.objects.get().paused_at is not None
    browser.post(reverse("project_resume", args=[project.pk]))
    assert Project.objects.get().paused_at is None
    assert list(AuditEntry.objects.values_list("verb", "actor_name", "address")) == [
        ("resume project", "alice", "127.0.0.1"),
        ("pause project", "alice", "127.0.0.1"),
    ]


def test_an_operator_asks_for_a_sync(client_for: ClientFor, olga: User, project: Project) -> None:
    Project.objects.update(full_sync_wanted=False, next_sync_at=AT + timedelta(days=999))

    client_for(olga).post(reverse("project_sync", args=[project.pk]))

    project.refresh_from_db()
    assert project.full_sync_wanted
    assert project.next_sync_at <= timezone.now()


def test_an_admin_confirms_that_missing_jobs_are_gone(client_for: ClientFor, alice: User, project: Project) -> None:
    Project.objects.update(brake="mass_vanish", error_kind="brake", error="37 of 120 jobs are no longer listed.")
    browser = client_for(alice)
    assertContains(browser.get(reverse("project_detail", args=[project.pk])), "Mark the missing jobs gone")

    browser.post(reverse("project_release", args=[project.pk]))

    project.refresh_from_db()
    assert project.brake_released_at is not None
    assertContains(browser.get(reverse("project_detail", args=[project.pk])), "waiting for the next full sync")
