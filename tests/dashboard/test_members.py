"""Members of a project: its admins add, change and remove them."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from jobs.models import AuditEntry, Membership, Project, Role, User
from tests.conftest import ClientFor, MakeProject

pytestmark = pytest.mark.usefixtures("redis_client")


@pytest.fixture
def admin(client_for: ClientFor, alice: User) -> Client:
    """A browser of alice, who manages ``project``."""
    return client_for(alice)


def role_of(person: User, project: Project) -> str | None:
    return Membership.objects.filter(user=person, project=project).values_list("role", flat=True).first()


@pytest.mark.parametrize("name", ["stranger", "STRANGER", "stranger@example.com"])
def test_an_admin_adds_a_member_by_name_or_mail(admin: Client, project: Project, stranger: User, name: str) -> None:
    answer = admin.post(reverse("member_add", args=[project.pk]), {"person": name, "role": "operator"})

    assertRedirects(answer, reverse("member_list", args=[project.pk]))
    assert role_of(stranger, project) == "operator"
    assert AuditEntry.objects.get().detail == {"person": "stranger", "role": "operator"}


@pytest.mark.parametrize(("name", "role"), [("nobody", "viewer"), ("stranger", "king"), ("", "viewer")])
def test_an_unknown_person_or_role_is_refused(
    admin: Client, project: Project, stranger: User, name: str, role: str
) -> None:
    answer = admin.post(reverse("member_add", args=[project.pk]), {"person": name, "role": role})

    assert answer.status_code == 422
    assert role_of(stranger, project) is None


def test_a_deactivated_person_cannot_be_added(admin: Client, project: Project, stranger: User) -> None:
    User.objects.filter(pk=stranger.pk).update(is_active=False)

    answer = admin.post(reverse("member_add", args=[project.pk]), {"person": "stranger", "role": "viewer"})

    assertContains(answer, "Nobody active has this user name or e-mail.", status_code=422)


def test_an_admin_changes_a_role(admin: Client, project: Project, victor: User) -> None:
    member = Membership.objects.get(user=victor)

    admin.post(reverse("member_role", args=[project.pk, member.pk]), {"role": "admin"})

    assert role_of(victor, project) == Role.ADMIN
    assert AuditEntry.objects.get().verb == "change role"


def test_an_unknown_role_changes_nothing(admin: Client, project: Project, victor: User) -> None:
    member = Membership.objects.get(user=victor)

    answer = admin.post(reverse("member_role", args=[project.pk, member.pk]), {"role": "king"})

    assert answer.status_code == 422
    assert role_of(victor, project) == Role.VIEWER


def test_a_removed_member_sees_the_project_no_more(
    admin: Client, project: Project, victor: User, client_for: ClientFor
) -> None:
    member = Membership.objects.get(user=victor)

    admin.post(reverse("member_remove", args=[project.pk, member.pk]))

    assert client_for(victor).get(reverse("project_detail", args=[project.pk])).status_code == 404
    assert AuditEntry.objects.get().verb == "remove member"


def test_who_gives_up_managing_lands_on_the_projects(admin: Client, project: Project, alice: User) -> None:
    member = Membership.objects.get(user=alice)

    answer = admin.post(reverse("member_remove", args=[project.pk, member.pk]))

    assertRedirects(answer, reverse("project_list"))


def test_a_member_of_another_project_cannot_be_reached_through_this_one(
    admin: Client, project: Project, make_project: MakeProject, stranger: User
) -> None:
    elsewhere = Membership.objects.create(user=stranger, project=make_project(), role="viewer")

    answer = admin.post(reverse("member_remove", args=[project.pk, elsewhere.pk]))

    assert answer.status_code == 404
    assert Membership.objects.filter(pk=elsewhere.pk).exists()


def test_only_superusers_are_offered_all_user_names(
    admin: Client, project: Project, stranger: User, superuser: User, client_for: ClientFor
) -> None:
    page = reverse("member_list", args=[project.pk])

    assertNotContains(admin.get(page), "stranger")
    assertContains(client_for(superuser).get(page), '<option value="stranger">')


def test_names_are_text_not_markup(admin: Client, project: Project, victor: User) -> None:
    User.objects.filter(pk=victor.pk).update(first_name="<b>V</b>")

    assertContains(admin.get(reverse("member_list", args=[project.pk])), "&lt;b&gt;V&lt;/b&gt;")
