"""The commands scripts rely on: their JSON, their one-line errors, their exit codes."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from jobs.models import Project
from jobs.simulator.accounts import GeminiAccount, VertexAccount
from tests.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> str:
    output = StringIO()
    call_command(*words, stdout=output)
    return output.getvalue()


@pytest.fixture
def search(
    gemini_account: GeminiAccount, base_url: str, monkeypatch: pytest.MonkeyPatch, redis_client: object
) -> GeminiAccount:
    """An account whose project “Search” was added from the command line."""
    monkeypatch.setenv("SEARCH_KEY", gemini_account.key)
    run("add_project", "Search", "--provider", "gemini", "--base-url", base_url, "--credential-env", "SEARCH_KEY")
    return gemini_account


def test_a_project_is_added_with_its_credential_encrypted(search: GeminiAccount) -> None:
    project = Project.objects.get(name="Search")

    assert search.key not in project.credential
    assert project.open_credential().secret == search.key


def test_sync_prints_one_json_object(search: GeminiAccount) -> None:
    search.add_job()

    numbers = json.loads(run("sync", "--json"))

    assert set(numbers) == {"seen", "created", "changed", "unchanged", "gone", "requests", "seconds", "errors"}
    assert (numbers["seen"], numbers["created"], numbers["requests"], numbers["errors"]) == (1, 1, 1, [])


def test_list_jobs_prints_one_json_object_a_line(search: GeminiAccount) -> None:
    made = search.add_job("nightly", "gemini-2.5-pro", requests=80)
    run("sync", "--project", "Search")

    (line,) = run("list_jobs", "--json").splitlines()

    assert json.loads(line) == {
        "project": "Search",
        "name": made.name,
        "display_name": "nightly",
        "state": "queued",
        "provider_state": "BATCH_STATE_PENDING",
        "model": "gemini-2.5-pro",
        "requests": {"total": 80, "succeeded": 0, "failed": 0, "pending": 80},
        "created_at": "2026-11-22T12:00:00Z",
        "started_at": None,
        "ended_at": None,
        "expires_at": "2026-11-24T12:00:00Z",
        "gone_at": None,
        "error": None,
        "source": made.input_name,
        "destination": None,
    }


def test_list_jobs_filters_by_state_and_project(search: GeminiAccount) -> None:
    search.add_job()
    run("sync")

    assert len(run("list_jobs", "--json", "--state", "queued", "--project", "search").splitlines()) == 1
    assert run("list_jobs", "--json", "--state", "failed") == ""


def test_a_failed_job_tells_code_and_message(search: GeminiAccount) -> None:
    search.add_job(outcome="fail", queue_seconds=0, run_seconds=60)
    search.clock.advance(120)
    run("sync")

    error = json.loads(run("list_jobs", "--json"))["error"]

    assert isinstance(error["code"], int)
    assert error["message"]


def test_a_failed_sync_is_an_error_after_its_json(search: GeminiAccount) -> None:
    search.revoke()
    output = StringIO()

    with pytest.raises(CommandError, match="Search: The provider does not accept this credential"):
        call_command("sync", "--json", stdout=output)

    assert len(json.loads(output.getvalue())["errors"]) == 1


def test_a_failed_sync_says_why_once(search: GeminiAccount) -> None:
    search.revoke()
    errors = StringIO()

    with pytest.raises(CommandError, match="does not accept this credential"):
        call_command("sync", stdout=StringIO(), stderr=errors)

    assert errors.getvalue() == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["A/B", "--provider", "gemini", "--credential-env", "SEARCH_KEY"], "holds no “/”"),
        (["search", "--provider", "gemini", "--credential-env", "SEARCH_KEY"], "already a project"),
        (["B", "--provider", "gemini", "--credential-env", "UNSET_KEY"], "UNSET_KEY is not set"),
        (["B", "--provider", "vertex", "--credential-env", "SEARCH_KEY"], "needs a cloud project"),
        (["B", "--provider", "gemini", "--credential-file", "/nowhere"], "cannot be read"),
        (["B", "--provider", "gemini", "--adc"], "Gemini API takes: api_key"),
    ],
)
def test_a_project_that_cannot_be_added_says_why(search: GeminiAccount, words: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        run("add_project", *words)

    assert Project.objects.count() == 1


def test_an_unknown_project_says_what_to_do(search: GeminiAccount) -> None:
    with pytest.raises(CommandError, match="There is no project “nope”"):
        run("sync", "--project", "nope")


def test_a_service_account_file_is_told_apart_from_a_token(
    vertex_account: VertexAccount, base_url: str, tmp_path: Path, redis_client: object
) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps(vertex_account.service_account_info(base_url)))
    vertex_account.add_job()
    places = ["--cloud-project", vertex_account.cloud_project, "--location", vertex_account.location]
    run("add_project", "V", "--provider", "vertex", *places, "--base-url", base_url, "--credential-file", str(file))

    numbers = json.loads(run("sync", "--json"))

    assert Project.objects.get(name="V").credential_kind == "service_account"
    assert (numbers["created"], numbers["errors"]) == (1, [])


def test_reparse_reads_stored_answers_without_asking(search: GeminiAccount) -> None:
    search.add_job("nightly")
    run("sync")
    project = Project.objects.get(name="Search")
    project.jobs.update(display_name="misread", raw_hash=b"of an older parser")
    search.journal.clear()

    said = run("reparse")

    assert said == "Search: 1 job read differently.\n"
    assert project.jobs.get().display_name == "nightly"
    assert len(search.journal) == 0


def test_nothing_a_provider_says_steers_the_terminal_or_begins_a_line(project: Project) -> None:
    make_job(project, name="batches/a\x1b[2J", display_name="a\r\n\x9b2Jb\u2028c\u202ed")

    (plain,), (line,) = run("list_jobs").splitlines(), run("list_jobs", "--json").splitlines()

    assert plain == f"succeeded  {project.name}/batches/a[2J a 2Jb cd"
    assert line.isprintable() and json.loads(line)["display_name"] == "a\r\n\x9b2Jb\u2028c\u202ed"
