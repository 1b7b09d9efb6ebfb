"""The buttons on jobs: what they offer, what they say when they cannot work, and what they send."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django.asserts import assertRedirects

from jobs.models import AuditEntry, BatchJob, Operation, Project, User
from jobs.states import State
from tests.conftest import ClientFor, MakeProject
from tests.dashboard.reading import get, words
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]


def buttons(html: str) -> dict[str, str]:
    """Each button on a job: its label, and why it cannot work or ""."""
    found = re.findall(r'<button class="button[^"]*"\s+form="act"(.*?)>(.*?)</button>', html, re.S)
    return {words(text).partition(" (")[0]: "".join(re.findall('title="(.*?)"', head)) for head, text in found}


def planned() -> list[str]:
    """The jobs of the one plan that was made."""
    return sorted(Operation.objects.get().items.values_list("job_label", flat=True))


def press(client: Client, action: str, **sent: Any) -> Any:
    return client.post(f"/operations/plan/{action}/", sent)


def test_a_running_job_can_be_cancelled_and_deleted(client_for: ClientFor, olga: User, project: Project) -> None:
    job = make_job(project, state=State.RUNNING)

    assert buttons(get(client_for(olga), f"/jobs/{job.pk}/")) == {
        "Cancel…": "",
        "Archive results…": "It has not ended yet.",
        "Delete…": "",
        "Pin to keep": "",
    }


def test_a_pinned_job_says_why_it_cannot_be_deleted(
    client_for: ClientFor, olga: User, project: Project, at: datetime
) -> None:
    job = make_job(project, kept_at=at, kept_by="dana")

    html = get(client_for(olga), f"/jobs/{job.pk}/")

    assert buttons(html)["Delete…"] == "Somebody pinned it to keep it: unpin it first."
    assert buttons(html)["Unpin"] == ""
    assert "pinned by dana" in html


def test_a_viewer_is_told_whom_to_ask(client_for: ClientFor, victor: User, project: Project) -> None:
    job = make_job(project)

    reasons = set(buttons(get(client_for(victor), f"/jobs/{job.pk}/")).values())

    assert len(reasons) == 2
    assert all("operator" in reason for reason in reasons)


def test_the_fragment_of_an_operator_is_not_given_to_a_viewer(
    client_for: ClientFor, olga: User, victor: User, project: Project
) -> None:
    make_job(project)

    pages = [get(client_for(user), "/", headers={"HX-Request": "true"}) for user in (olga, victor)]

    assert ["aria-disabled" in page for page in pages] == [False, True]


def test_a_job_gone_at_the_provider_can_be_removed(
    client_for: ClientFor, olga: User, project: Project, at: datetime
) -> None:
    job = make_job(project, gone_at=at)

    menu = get(client_for(olga), f"/jobs/{job.pk}/menu/")

    assert 'formaction="/operations/plan/forget/"' in menu
    assert "/operations/plan/delete/" not in menu


def test_a_row_menu_acts_on_its_own_job_alone(client_for: ClientFor, olga: User, project: Project) -> None:
    mine = make_job(project, display_name="mine")
    ticked = make_job(project)

    answer = press(client_for(olga), "delete", only=mine.pk, job=[ticked.pk], jobs=f"{ticked.pk}")

    assertRedirects(answer, f"/operations/{Operation.objects.get().pk}/")
    assert planned() == ["mine"]


def test_ticks_of_this_and_other_pages_are_planned(client_for: ClientFor, olga: User, project: Project) -> None:
    here, there, other = (make_job(project, display_name=name) for name in ("here", "there", "other"))

    press(client_for(olga), "delete", job=[here.pk], jobs=f"{there.pk},{here.pk},999999,nonsense")

    assert planned() == ["here", "there"]
    assert other.display_name not in planned()


def test_all_that_match_is_what_the_filter_shows(
    client_for: ClientFor, olga: User, project: Project, make_project: MakeProject, at: datetime
) -> None:
    """Failed jobs of projects that the person may see, and not those that are gone."""
    make_job(project, state=State.FAILED, display_name="failed")
    make_job(project, state=State.FAILED, gone_at=at)
    make_job(project)
    make_job(make_project(), state=State.FAILED)

    press(client_for(olga), "delete", all="all", filter="state=failed&after=1_1")

    assert planned() == ["failed"]
    assert Operation.objects.get().selection == "failed jobs"


@pytest.mark.parametrize("sent", [{}, {"job": ["x"]}, {"jobs": ",,"}, {"only": "0"}])
def test_nothing_chosen_plans_nothing(client_for: ClientFor, olga: User, project: Project, sent: Any) -> None:
    client = client_for(olga)

    answer = client.post("/operations/plan/delete/", sent, headers={"Referer": "http://testserver/?state=failed"})

    assertRedirects(answer, "http://testserver/?state=failed", fetch_redirect_response=False)
    assert "No job was chosen" in get(client)
    assert not Operation.objects.exists()


def test_a_button_leads_back_to_no_foreign_page(client_for: ClientFor, olga: User) -> None:
    answer = client_for(olga).post("/operations/plan/delete/", headers={"Referer": "https://example.org/"})

    assertRedirects(answer, "/")


def test_an_action_there_is_not_is_not_found(client_for: ClientFor, olga: User, project: Project) -> None:
    assert press(client_for(olga), "retry", only=make_job(project).pk).status_code == 404


def test_the_results_of_ticked_jobs_are_downloaded_together(
    client_for: ClientFor, victor: User, project: Project
) -> None:
    first, second = make_job(project), make_job(project)

    answer = client_for(victor).post("/jobs/zip/", {"jobs": f"{first.pk},{second.pk}"})

    assert answer["Location"] == f"/download/results.zip?job={second.pk}&job={first.pk}"


def test_jobs_one_may_not_see_are_not_downloaded(
    client_for: ClientFor, victor: User, project: Project, make_project: MakeProject
) -> None:
    client = client_for(victor)

    answer = client.post("/jobs/zip/", {"jobs": f"{make_job(make_project()).pk}"})

    assertRedirects(answer, "/", fetch_redirect_response=False)
    assert "A ZIP holds the results of 1 to 500 jobs" in get(client)


def test_pins_and_unpins(client_for: ClientFor, olga: User, project: Project, at: datetime) -> None:
    job, pinned = make_job(project), make_job(project, kept_at=at - timedelta(days=1), kept_by="dana")
    client = client_for(olga)

    client.post("/jobs/keep/", {"jobs": f"{job.pk},{pinned.pk}"})

    assert "1 job is pinned" in get(client)
    assert sorted(BatchJob.objects.values_list("kept_by", flat=True)) == ["dana", "olga"]
    client.post("/jobs/unkeep/", {"only": job.pk})
    assert BatchJob.objects.filter(kept_at=None).get() == job
    entries = AuditEntry.objects.order_by("pk").values_list("verb", "target_id", "actor_name", "project")
    assert list(entries) == [("pin job", job.pk, "olga", project.pk), ("unpin job", job.pk, "olga", project.pk)]


def test_a_viewer_pins_nothing(client_for: ClientFor, victor: User, project: Project) -> None:
    job = make_job(project)

    client_for(victor).post("/jobs/keep/", {"only": job.pk})

    job.refresh_from_db()
    assert job.kept_at is None
    assert not AuditEntry.objects.exists()


def test_the_bar_offers_all_that_match(client_for: ClientFor, olga: User, project: Project) -> None:
    make_job(project, state=State.FAILED)
    make_job(project)

    html = get(client_for(olga), "/?state=failed&sort=ended")

    assert 'name="filter" value="state=failed"' in html
    assert "All 1 failed jobs" in words(html)
