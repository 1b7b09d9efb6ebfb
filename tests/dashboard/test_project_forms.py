"""Adding, checking, editing, rotating and removing projects, against the simulator."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from jobs.credentials import Credential
from jobs.models import AuditEntry, Project, Role, User
from jobs.simulator.accounts import GeminiAccount, VertexAccount
from tests.conftest import ClientFor, MakeProject
from tests.factories import make_job

pytestmark = pytest.mark.usefixtures("redis_client", "local_hosts")
Fields = dict[str, str]


@pytest.fixture
def local_hosts(settings: Settings) -> None:
    """This installation allows the simulator's host."""
    settings.PROVIDER_HOSTS = ["127.0.0.1"]
    settings.GEMINI_API_KEY = ""


@pytest.fixture
def root(client_for: ClientFor, superuser: User) -> Client:
    return client_for(superuser)


@pytest.fixture
def gemini(gemini_account: GeminiAccount, base_url: str) -> Fields:
    """The add form, filled in for an account at the simulator."""
    secret = {"credential_kind": "api_key", "api_key": gemini_account.key}
    return {"provider": "gemini", "name": "Search", "base_url": base_url} | secret


@pytest.fixture
def vertex(vertex_account: VertexAccount, base_url: str) -> Fields:
    places = {"cloud_project": vertex_account.cloud_project, "location": vertex_account.location, "base_url": base_url}
    info = json.dumps(vertex_account.service_account_info(base_url))
    secret = {"credential_kind": "service_account", "service_account": info}
    return {"provider": "vertex", "name": "Trust"} | places | secret


def add(browser: Client, fields: Fields, **changes: object) -> str:
    """What the page after pressing "Add" says."""
    return browser.post(reverse("project_add"), fields | changes, follow=True).content.decode()


def test_a_gemini_project_comes_on_the_board(root: Client, gemini: Fields, gemini_account: GeminiAccount) -> None:
    page = add(root, gemini)

    project = Project.objects.get()
    assert "Search is on the board; its first sync runs within seconds." in page
    assert project.open_credential() == Credential("api_key", gemini_account.key)
    assert AuditEntry.objects.get().verb == "add project"


def test_a_vertex_project_takes_a_pasted_key_file(root: Client, vertex: Fields) -> None:
    add(root, vertex)

    assert Project.objects.get().open_credential() == Credential("service_account", vertex["service_account"])


def test_a_vertex_project_takes_the_key_file_itself(root: Client, vertex: Fields) -> None:
    file = SimpleUploadedFile("key.json", vertex["service_account"].encode())

    add(root, vertex, service_account="", service_account_file=file)

    assert Project.objects.get().open_credential() == Credential("service_account", vertex["service_account"])


@pytest.mark.parametrize(("content", "sentence"), [(b"\xff\xfe", "not a text file"), (b"x" * 64_001, "too large")])
def test_a_file_that_is_no_key_is_refused(root: Client, vertex: Fields, content: bytes, sentence: str) -> None:
    page = add(root, vertex, service_account="", service_account_file=SimpleUploadedFile("key.json", content))

    assert sentence in page
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "a/b"}, "name holds no “/” and no control characters."),
        ({"api_key": ""}, "Enter the API key."),
        ({"api_key": "two words"}, "copy it again"),
        ({"base_url": "https://evil.example"}, "evil.example is not a host of the provider"),
        ({"base_url": "http://127.0.0.1@evil.example"}, "without user, query or fragment"),
    ],
)
def test_an_unusable_gemini_project_is_refused(root: Client, gemini: Fields, changes: Fields, sentence: str) -> None:
    answer = root.post(reverse("project_add"), gemini | changes)

    assertContains(answer, sentence, status_code=422)
    assertNotContains(answer, gemini["api_key"], status_code=422)
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"location": ""}, "This field is required."),
        ({"service_account": "not JSON"}, "This is not a JSON file"),
        (
            {"service_account": '{"type": "external_account"}'},
            "must be of &quot;type&quot;: &quot;service_account&quot;",
        ),
        ({"service_account": '{"type": "service_account", "token_uri": "https://evil.example"}'}, "not Google&#x27;s"),
    ],
)
def test_an_unusable_vertex_project_is_refused(root: Client, vertex: Fields, changes: Fields, sentence: str) -> None:
    answer = root.post(reverse("project_add"), vertex | changes)

    assertContains(answer, sentence, status_code=422)
    assertNotContains(answer, "private_key", status_code=422)
    assert not Project.objects.exists()


def test_a_name_is_given_once(root: Client, gemini: Fields, make_project: MakeProject) -> None:
    make_project(name="SEARCH")

    assert "There is already a project “Search”: choose another name." in add(root, gemini)


def test_other_hosts_are_not_offered_where_none_are_allowed(root: Client, gemini: Fields, settings: Settings) -> None:
    settings.PROVIDER_HOSTS = []

    assertNotContains(root.get(reverse("project_add")), "base_url")
    add(root, gemini)

    assert Project.objects.get().base_url == ""


def test_checking_the_connection_tells_what_was_found_and_stores_nothing(
    root: Client, gemini: Fields, gemini_account: GeminiAccount
) -> None:
    gemini_account.add_job()

    answer = root.post(reverse("project_check"), gemini)

    assertContains(answer, "Connected: 1 job on the first page.")
    assert not Project.objects.exists()


def test_checking_a_wrong_key_says_what_to_do(root: Client, gemini: Fields) -> None:
    answer = root.post(reverse("project_check"), gemini | {"api_key": "AIza-wrong"})

    assertContains(answer, 'class="message bad"')
    assertNotContains(answer, "AIza-wrong")


def test_checking_reaches_only_allowed_hosts(root: Client, gemini: Fields) -> None:
    answer = root.post(reverse("project_check"), gemini | {"base_url": "http://169.254.169.254"})

    assertContains(answer, "169.254.169.254 is not a host of the provider")


@pytest.mark.parametrize(
    ("entered", "sentence"),
    [
        ({"api_key": ""}, "API key: Enter the API key."),
        ({"name": ""}, "Name: This field is required."),
        ({"base_url": "not an address"}, "Base URL: Enter a valid URL."),
    ],
)
def test_checking_half_a_form_says_what_is_missing(
    root: Client, gemini: Fields, entered: Fields, sentence: str
) -> None:
    answer = root.post(reverse("project_check"), gemini | entered)

    assertContains(answer, sentence, status_code=422)


def test_a_stored_project_is_checked_with_its_credential(root: Client, gemini: Fields) -> None:
    add(root, gemini)

    answer = root.post(reverse("project_test", args=[Project.objects.get().pk]))

    assertContains(answer, "Connected: 0 jobs on the first page.")


def test_the_servers_key_is_offered_until_a_project_uses_it(root: Client, settings: Settings) -> None:
    settings.GEMINI_API_KEY = "AIza-from-the-environment"
    offer = "Use GEMINI_API_KEY from the server's environment"
    for page in ("job_list", "project_list", "project_add"):
        assertContains(root.get(reverse(page)), offer)

    root.post(reverse("project_add_environment"))

    assert Project.objects.get().open_credential().secret == "AIza-from-the-environment"
    assertNotContains(root.get(reverse("project_add")), offer)
    assertNotContains(root.get(reverse("project_list")), offer)


def test_the_servers_key_is_added_once(root: Client, settings: Settings) -> None:
    settings.GEMINI_API_KEY = "AIza-from-the-environment"
    root.post(reverse("project_add_environment"))

    answer = root.post(reverse("project_add_environment"), follow=True)

    assertContains(answer, "A project on the board uses this key already.")
    assert Project.objects.count() == 1


def test_editing_changes_the_name_and_keeps_the_rest(client_for: ClientFor, alice: User, project: Project) -> None:
    before = project.credential

    client_for(alice).post(reverse("project_edit", args=[project.pk]), {"name": "Renamed"})

    project.refresh_from_db()
    assert (project.name, project.credential) == ("Renamed", before)
    assert AuditEntry.objects.get().detail == {"changed": ["name"]}


def test_an_edit_without_a_name_changes_nothing(client_for: ClientFor, alice: User, project: Project) -> None:
    answer = client_for(alice).post(reverse("project_edit", args=[project.pk]), {"name": "a/b"})

    assertContains(answer, f"Edit {project.name}", status_code=422)
    assert not AuditEntry.objects.exists()


def test_an_admin_cannot_point_the_servers_identity_elsewhere(
    client_for: ClientFor, make_project: MakeProject, stranger: User
) -> None:
    places = {"provider": "vertex", "cloud_project": "ours", "location": "global"}
    project = make_project(credential=Credential("adc"), **places)
    project.memberships.create(user=stranger, role=Role.ADMIN)
    form = {"name": "Mine", "cloud_project": "theirs", "location": "global"}

    client_for(stranger).post(reverse("project_edit", args=[project.pk]), form)

    project.refresh_from_db()
    assert (project.name, project.cloud_project) == ("Mine", "ours")


def test_an_admin_cannot_lend_the_servers_identity(
    client_for: ClientFor, make_project: MakeProject, stranger: User
) -> None:
    project = make_project(provider="vertex", cloud_project="ours", location="global")
    project.memberships.create(user=stranger, role=Role.ADMIN)

    answer = client_for(stranger).post(reverse("project_rotate", args=[project.pk]), {"credential_kind": "adc"})

    assertContains(answer, "Select a valid choice. adc is not one of the available choices.", status_code=422)


def test_a_working_credential_replaces_the_old_one(root: Client, gemini: Fields, gemini_account: GeminiAccount) -> None:
    add(root, gemini)
    key = gemini_account.add_key()

    rotate = reverse("project_rotate", args=[Project.objects.get().pk])
    answer = root.post(rotate, {"credential_kind": "api_key", "api_key": key})

    assertRedirects(answer, reverse("project_detail", args=[Project.objects.get().pk]))
    assert Project.objects.get().open_credential().secret == key


def test_the_key_of_another_account_is_refused(
    root: Client, gemini: Fields, gemini_account: GeminiAccount, vertex_account: VertexAccount
) -> None:
    add(root, gemini)
    make_job(Project.objects.get(), name="batches/of-somebody-else")

    rotate = reverse("project_rotate", args=[Project.objects.get().pk])
    answer = root.post(rotate, {"credential_kind": "api_key", "api_key": gemini_account.add_key()})

    assertContains(answer, "so it is of another account", status_code=422)
    assert Project.objects.get().open_credential().secret == gemini["api_key"]


def test_a_project_leaves_the_board_when_its_name_is_typed(root: Client, project: Project) -> None:
    remove = reverse("project_remove", args=[project.pk])

    assertContains(root.post(remove, {"typed": "another"}), "This is not its name", status_code=422)
    assertRedirects(root.post(remove, {"typed": project.name}), reverse("project_list"))

    project.refresh_from_db()
    assert project.removed_at is not None
    assert project.credential == ""
    assert root.get(reverse("project_detail", args=[project.pk])).status_code == 404


def test_the_credential_is_on_no_page(root: Client, gemini: Fields) -> None:
    add(root, gemini)
    project = Project.objects.get()

    for name in ("project_detail", "project_edit", "project_rotate", "project_remove"):
        page = root.get(reverse(name, args=[project.pk]))
        assertNotContains(page, gemini["api_key"])
        assertNotContains(page, project.credential)
