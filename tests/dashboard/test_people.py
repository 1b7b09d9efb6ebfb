"""People: superusers invite, edit, deactivate; never the last superuser."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from dashboard.accounts import set_password_path
from jobs.models import AuditEntry, Membership, Project, Role, User
from tests.conftest import ClientFor

pytestmark = pytest.mark.usefixtures("redis_client")


@pytest.fixture
def root(client_for: ClientFor, superuser: User) -> Client:
    """A browser in which the superuser is signed in."""
    return client_for(superuser)


def press(browser: Client, name: str, person: User) -> None:
    assertRedirects(browser.post(reverse(name, args=[person.pk])), reverse("person_detail", args=[person.pk]))
    person.refresh_from_db()


def test_lists_people_with_roles_and_last_sign_in(root: Client, victor: User, project: Project) -> None:
    page = root.get(reverse("person_list"))

    assertContains(page, "victor@example.com")
    assertContains(page, f"{project.name}: viewer")
    assertContains(page, "never")


@pytest.mark.parametrize("search", ["VIC", "or@exam", "Vance"])
def test_search_finds_by_a_part_of_any_name(root: Client, victor: User, stranger: User, search: str) -> None:
    User.objects.filter(pk=victor.pk).update(last_name="Vance")

    page = root.get(reverse("person_list"), {"q": search})

    assertContains(page, "Vance")
    assertNotContains(page, "stranger")


def test_a_search_without_matches_says_so(root: Client) -> None:
    assertContains(root.get(reverse("person_list"), {"q": "\x00nobody<"}), "Nobody matches “nobody&lt;”")


def test_adding_a_person_shows_a_link_once(root: Client) -> None:
    answer = root.post(reverse("person_add"), {"username": "dana", "email": "dana@example.com"})
    person = User.objects.get(username="dana")

    assertRedirects(answer, reverse("person_detail", args=[person.pk]), fetch_redirect_response=False)
    assertContains(root.get(answer["Location"]), "http://testserver/accounts/password/reset/key/")
    assertNotContains(root.get(answer["Location"]), "/accounts/password/reset/key/")
    assert not person.has_usable_password()
    assert list(AuditEntry.objects.values_list("verb", flat=True)) == ["make password link", "add person"]


@pytest.mark.parametrize("buttons", [["person_link"], ["person_deactivate", "person_reactivate"]])
def test_a_link_that_went_astray_can_be_ended(root: Client, victor: User, buttons: list[str]) -> None:
    astray = set_password_path(victor)
    for button in buttons:
        press(root, button, victor)

    assertContains(Client().get(astray), "This link no longer works")


def test_the_invited_person_sets_a_password_and_is_in(root: Client, client: Client) -> None:
    page = root.post(reverse("person_add"), {"username": "dana"}, follow=True)
    form = client.get(page.context["link"], follow=True)
    new = "an unusual sentence"

    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})

    assert client.get(reverse("project_list")).status_code == 200


def test_a_link_made_for_one_person_is_not_shown_on_anothers_page(root: Client, victor: User, stranger: User) -> None:
    root.post(reverse("person_link", args=[victor.pk]))

    assertNotContains(root.get(reverse("person_detail", args=[stranger.pk])), "/accounts/password/reset/key/")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"username": "VICTOR"}, "Somebody has this user name already: choose another."),
        ({"username": "Victor@example.com"}, "Somebody has this user name already: choose another."),
        ({"username": "dana", "email": "VICTOR@example.com"}, "Somebody has this e-mail already: look under People."),
        ({"username": "two words"}, "Enter a valid username."),
        ({"username": ""}, "This field is required."),
        ({"username": "dana", "email": "nowhere"}, "Enter a valid email address."),
    ],
)
def test_an_unusable_person_is_refused_and_not_stored(
    root: Client, victor: User, fields: dict[str, str], sentence: str
) -> None:
    answer = root.post(reverse("person_add"), fields)

    assertContains(answer, sentence, status_code=422)
    assert User.objects.count() == 2


def test_editing_changes_only_what_was_entered(root: Client, victor: User) -> None:
    fields = {"username": "victor", "first_name": "Victor", "last_name": "Vance", "email": "victor@example.com"}

    root.post(reverse("person_edit", args=[victor.pk]), fields)

    victor.refresh_from_db()
    assert victor.get_full_name() == "Victor Vance"
    assert AuditEntry.objects.get().detail == {"changed": ["first_name", "last_name"]}


def test_a_refused_edit_keeps_the_name_in_the_page_head(root: Client, victor: User) -> None:
    answer = root.post(reverse("person_edit", args=[victor.pk]), {"username": ""})

    assertContains(answer, "Edit victor", status_code=422)


def test_a_deactivated_person_is_signed_out_at_once(root: Client, victor: User, client_for: ClientFor) -> None:
    browser = client_for(victor)
    assert browser.get(reverse("project_list")).status_code == 200

    press(root, "person_deactivate", victor)

    assert not victor.is_active
    assert browser.get(reverse("project_list")).status_code == 302


def test_a_session_from_before_does_not_live_again(root: Client, victor: User, client_for: ClientFor) -> None:
    lost = client_for(victor)
    press(root, "person_deactivate", victor)
    press(root, "person_reactivate", victor)

    assert lost.get("/").status_code == 302
    assert root.get("/").status_code == 200


def test_a_reactivated_person_keeps_their_memberships(root: Client, victor: User, project: Project) -> None:
    press(root, "person_deactivate", victor)
    press(root, "person_reactivate", victor)

    assert victor.is_active
    assert list(Project.objects.visible_to(victor)) == [project]


def test_a_deactivated_person_gets_no_link(root: Client, victor: User) -> None:
    press(root, "person_deactivate", victor)

    assert root.post(reverse("person_link", args=[victor.pk])).status_code == 404


def test_makes_and_unmakes_superusers(root: Client, victor: User) -> None:
    press(root, "person_promote", victor)
    assert victor.is_superuser

    press(root, "person_demote", victor)
    assert not victor.is_superuser


@pytest.mark.parametrize("button", ["person_demote", "person_deactivate"])
def test_the_last_superuser_stays(root: Client, superuser: User, victor: User, button: str) -> None:
    User.objects.filter(pk=victor.pk).update(is_superuser=True, is_active=False)

    answer = root.post(reverse(button, args=[superuser.pk]), follow=True)

    superuser.refresh_from_db()
    assertContains(answer, "root is the last superuser: make somebody else superuser first.")
    assert (superuser.is_superuser, superuser.is_active) == (True, True)
    assert not AuditEntry.objects.exists()


def test_a_person_joins_a_project(root: Client, stranger: User, project: Project) -> None:
    root.post(reverse("person_join", args=[stranger.pk]), {"project": project.pk, "role": "operator"})

    assert Membership.objects.get(user=stranger).role == Role.OPERATOR
    assert AuditEntry.objects.get().verb == "add member"


def test_joining_nothing_is_refused(root: Client, stranger: User, project: Project) -> None:
    answer = root.post(reverse("person_join", args=[stranger.pk]), {"project": "", "role": "king"})

    assertContains(answer, "This field is required.", status_code=422)
    assert not Membership.objects.exists()


@pytest.mark.parametrize("people", [3, 30])
def test_the_list_asks_a_constant_number_of_queries(
    root: Client, project: Project, people: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(people):
        Membership.objects.create(user=User.objects.create_user(f"p{number}"), project=project, role="viewer")

    with django_assert_num_queries(7):
        root.get(reverse("person_list"))
