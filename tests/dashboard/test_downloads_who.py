"""Downloads, on a real server: who may have which, and what is written down of it."""

import pytest

from jobs.models import AuditEntry, BatchJob, Project, Role, User
from tests.dashboard.conftest import Browser
from tests.factories import make_job
from tests.live import Server
from tests.results.lines import gemini
from tests.results.saved import save

pytestmark = pytest.mark.django_db(transaction=True)
URLS = ["jobs/{}/results.jsonl", "jobs/{}/results.csv", "jobs/{}/failed.jsonl", "results.zip?job={}"]


@pytest.fixture
def job(project: Project) -> BatchJob:
    """Saved, in one part."""
    job = make_job(project)
    save(job, gemini("r1"))
    return job


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        (Role.VIEWER, {"anonymous": 302, "stranger": 404, "victor": 200, "olga": 200, "alice": 200, "root": 200}),
        (Role.OPERATOR, {"anonymous": 302, "stranger": 404, "victor": 403, "olga": 200, "alice": 200, "root": 200}),
    ],
)
@pytest.mark.parametrize("file", URLS)
def test_each_url_answers_each_person_by_the_projects_rule(
    downloads_server: Server,
    job: BatchJob,
    role: Role,
    statuses: dict[str, int],
    file: str,
    cast: list[User],
) -> None:
    Project.objects.update(results_role=role)

    found = {"anonymous": Browser(downloads_server, None).get(file.format(job.pk)).status_code}
    found |= {user.username: Browser(downloads_server, user).get(file.format(job.pk)).status_code for user in cast}

    assert found == statuses
    assert set(AuditEntry.objects.values_list("actor_name", flat=True)) == {
        who for who in statuses if statuses[who] == 200
    }


@pytest.fixture
def cast(stranger: User, victor: User, olga: User, alice: User, superuser: User) -> list[User]:
    return [stranger, victor, olga, alice, superuser]


def test_a_deactivated_person_is_led_to_the_sign_in(downloads_server: Server, job: BatchJob, victor: User) -> None:
    browser = Browser(downloads_server, victor)
    User.objects.filter(pk=victor.pk).update(is_active=False)

    answer = browser.get(f"jobs/{job.pk}/results.jsonl?part=1")

    assert answer.status_code == 302
    assert (
        answer.headers["location"] == f"/accounts/login/?next=%2Fdownload%2Fjobs%2F{job.pk}%2Fresults.jsonl%3Fpart%3D1"
    )


def test_each_download_is_written_down(browser: Browser, job: BatchJob, superuser: User) -> None:
    browser.get(f"jobs/{job.pk}/results.jsonl", Range="bytes=1-4")

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.verb, entry.target_id, entry.address) == (
        superuser,
        "download results",
        job.pk,
        "127.0.0.1",
    )
    assert entry.detail == {"file": "results.jsonl", "bytes": "1-4"}
