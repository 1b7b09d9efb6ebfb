"""Filters kept under a name."""

import pytest
from django.test import Client
from django.urls import reverse

from jobs.models import AuditEntry, Project, SavedView, User
from tests.conftest import AT, ClientFor, MakeProject
from tests.dashboard.reading import get, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


@pytest.fixture
def shared(olga: User, project: Project) -> SavedView:
    return SavedView.objects.create(name="Broken", owner=olga, shared_with=project, query="state=failed", created_at=AT)


def save(browser: Client, **values: object) -> int:
    return browser.post(reverse("view_add"), {"name": "Mine", "query": "state=failed&sort=ended", **values}).status_code


def test_the_filter_at_hand_is_kept_and_offered(client_for: ClientFor, victor: User, project: Project) -> None:
    browser = client_for(victor)
    page = get(browser, "/views/add/?state=failed&after=5_5&junk=1")
    assert "It shows failed jobs." in words(page)
    assert 'name="query" value="state=failed"' in page

    browser.post(reverse("view_add"), {"name": "Broken", "query": "state=failed&after=5_5"})

    assert '<a href="/?state=failed"><bdi class="break">Broken</bdi>' in get(browser)
    entry = AuditEntry.objects.get(verb="save view")
    assert (entry.actor, entry.target_label, entry.detail) == (victor, "Broken", {"query": "state=failed"})


def test_a_view_of_ones_own_is_nobody_elses(client_for: ClientFor, victor: User, alice: User, superuser: User) -> None:
    assert save(client_for(victor)) == 302

    for other in (alice, superuser):
        assert "Mine" not in get(client_for(other), "/views/")
        assert client_for(other).post(reverse("view_delete", args=[SavedView.objects.get().pk])).status_code == 404


def test_members_see_what_is_shared_and_others_do_not(
    client_for: ClientFor, shared: SavedView, victor: User, stranger: User
) -> None:
    assert "Failed jobs Members of project-1 , by olga" in words(get(client_for(victor), "/views/"))
    assert "Broken" not in get(client_for(stranger), "/views/")


def test_a_viewer_shares_nothing(client_for: ClientFor, victor: User, project: Project) -> None:
    assert save(client_for(victor), shared_with=project.pk) == 422
    assert not SavedView.objects.exists()


def test_nobody_shares_with_a_project_of_others(client_for: ClientFor, olga: User, make_project: MakeProject) -> None:
    assert save(client_for(olga), shared_with=make_project().pk) == 422
    assert not SavedView.objects.exists()


def test_the_same_name_again_is_refused(client_for: ClientFor, victor: User) -> None:
    browser = client_for(victor)
    assert (save(browser), save(browser), SavedView.objects.count()) == (302, 422, 1)


def test_its_owner_and_admins_rename_it(client_for: ClientFor, shared: SavedView, alice: User, victor: User) -> None:
    address = reverse("view_edit", args=[shared.pk])
    assert client_for(victor).post(address, {"name": "Hijacked"}).status_code == 403

    assert client_for(alice).post(address, {"name": "To look at"}).status_code == 302

    assert SavedView.objects.get().name == "To look at"
    assert AuditEntry.objects.get(verb="rename view").detail == {"before": "Broken"}


def test_deleting_a_view_says_so_in_the_audit(client_for: ClientFor, shared: SavedView, olga: User) -> None:
    client_for(olga).post(reverse("view_delete", args=[shared.pk]))

    assert not SavedView.objects.exists()
    assert AuditEntry.objects.get(verb="delete view").project == shared.shared_with


def test_a_hostile_name_stays_text(client_for: ClientFor, victor: User) -> None:
    save(client_for(victor), name="<script>alert(1)</script>")

    assert "<script>alert" not in get(client_for(victor), "/views/")


def test_a_message_names_signs_that_would_turn_it_round(client_for: ClientFor, victor: User) -> None:
    browser = client_for(victor)
    assert save(browser, name="a\u202eb") == 302

    assert '“a<span class="sign">U+202E</span>b” is among your views.' in get(browser)
