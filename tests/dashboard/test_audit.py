"""The audit page: what it tells, to whom, and as a file."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from jobs import projects, purge
from jobs.models import AuditEntry, Membership, Project, User
from jobs.models.audit import AppendOnly
from jobs.projects import Actor
from tests.conftest import ClientFor, MakeProject
from tests.dashboard.reading import get, words
from tests.factories import make_job, make_operation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]


def write(
    verb: str, project: Project | None = None, *, kind: str = "project", at: datetime, **fields: Any
) -> AuditEntry:
    values = {"actor_name": "olga", "target_label": "nightly", "target_id": 7, "target_kind": kind}
    return AuditEntry.objects.create(at=at, verb=verb, project=project, **(values | fields))


def lines(html: str) -> list[str]:
    return [words(row) for row in re.findall(r"<tr>.*?</tr>", html, re.S)[1:]]


def test_a_line_tells_who_did_what_when_from_where_why_and_the_result(
    client_for: ClientFor, victor: User, project: Project, at: datetime
) -> None:
    when = at - timedelta(hours=3)
    detail = {"state": "failed"}
    fields = {"reason": "monthly tidy-up", "result": "done", "address": "192.0.2.7", "detail": detail}
    write("delete", project, kind="batchjob", at=when, **fields)

    html = get(client_for(victor), "/audit/")

    assert lines(html) == ["3 h ago olga 192.0.2.7 Delete nightly state: failed project-1 monthly tidy-up done"]
    assert 'href="/jobs/7/"' in html


def test_everybody_sees_what_their_roles_let_them(
    client_for: ClientFor, victor: User, alice: User, superuser: User, stranger: User, project: Project, at: datetime
) -> None:
    write("delete", project, kind="batchjob", at=at)
    write("rotate credential", project, at=at)
    write("add person", None, kind="user", at=at)

    told = {
        user.username: re.findall(r'class="strong">(.*?)<', get(client_for(user), "/audit/"))
        for user in (stranger, victor, alice, superuser)
    }

    assert told == {
        "stranger": [],
        "victor": ["Delete"],
        "alice": ["Rotate credential", "Delete"],
        "root": ["Add person", "Rotate credential", "Delete"],
    }


def test_an_operation_on_several_projects_is_told_to_who_sees_them_all(
    client_for: ClientFor, victor: User, olga: User, project: Project, make_project: MakeProject
) -> None:
    other = make_project()
    Membership.objects.create(user=olga, project=other, role="viewer")
    make_operation([make_job(project), make_job(other)], by=olga)

    assert "Plan operation" in get(client_for(olga), "/audit/")
    assert "Plan operation" not in get(client_for(victor), "/audit/")


@pytest.mark.parametrize(
    ("query", "verbs"),
    [
        ("person=olga", ["pause", "resume"]),
        ("verb=delete", ["delete"]),
        ("first=2026-11-22", ["pause"]),
        ("last=2026-11-21", ["delete", "resume"]),
        ("first=2026-11-21&last=2026-11-21&person=olga", ["resume"]),
        ("first=never", ["delete", "pause", "resume"]),
    ],
)
def test_filters_narrow_it(
    client_for: ClientFor, superuser: User, project: Project, at: datetime, query: str, verbs: list[str]
) -> None:
    write("delete", project, at=at - timedelta(days=2), actor_name="dana")
    write("resume", project, at=at - timedelta(days=1))
    write("pause", project, at=at)

    html = get(client_for(superuser), f"/audit/?{query}")

    assert sorted(re.findall(r'class="strong">(.*?)<', html)) == [verb.capitalize() for verb in verbs]


def test_a_project_narrows_it(client_for: ClientFor, superuser: User, make_project: MakeProject, at: datetime) -> None:
    here, there = make_project("Here"), make_project("There")
    write("pause", here, at=at)
    write("resume", there, at=at)

    assert [line.split()[2] for line in lines(get(client_for(superuser), f"/audit/?project={here.pk}"))] == ["Pause"]


def test_pages_go_on_where_the_last_one_ended(
    client_for: ClientFor, superuser: User, project: Project, at: datetime
) -> None:
    for number in range(101):
        write(f"verb {number}", project, at=at)
    client = client_for(superuser)

    first = get(client, "/audit/")
    older = re.search(r'href="\?(before=\d+)"', first)
    assert older

    assert len(lines(first)) == 100
    assert [line for line in lines(get(client, f"/audit/?{older[1]}")) if "Verb 0" in line] != []


def test_a_file_holds_the_same_and_no_formula(
    client_for: ClientFor, victor: User, project: Project, at: datetime
) -> None:
    write("delete", project, kind="batchjob", at=at, reason="=cmd|' /C calc'!A0", target_label="@nightly")

    answer = client_for(victor).get("/audit.csv")

    assert answer["Content-Disposition"] == 'attachment; filename="audit-20261122-120000.csv"'
    assert answer.getvalue().decode().splitlines() == [
        "at,person,address,verb,kind,id,target,project,reason,result,detail",
        "2026-11-22T12:00:00+00:00,olga,,delete,batchjob,7,'@nightly,project-1,'=cmd|' /C calc'!A0,,",
    ]


def test_entries_are_neither_changed_nor_deleted(project: Project, at: datetime) -> None:
    entry = write("pause", project, at=at)

    for change in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(AppendOnly):
            change()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(verb="resume")
    assert AuditEntry.objects.get().verb == "pause"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE jobs_auditentry SET reason = 'another'",
        "UPDATE jobs_auditentry SET actor_id = NULL, project_id = NULL",
        "DELETE FROM jobs_auditentry",
    ],
)
def test_the_database_itself_refuses_to_change_or_delete_an_entry(
    project: Project, at: datetime, statement: str
) -> None:
    write("pause", project, at=at, reason="too slow")

    with (
        pytest.raises(IntegrityError, match="Audit entries are only added: none is changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.reason, entry.project) == ("pause", "too slow", project)


def test_entries_outlive_the_project_and_the_person_unchanged(project: Project, olga: User, at: datetime) -> None:
    write("pause", project, at=at, actor=olga)
    ids = (olga.pk, project.pk)

    project.delete()
    olga.delete()

    entry = AuditEntry.objects.select_related("actor", "project").get()
    assert (entry.actor_name, entry.actor, entry.project) == ("olga", None, None)
    assert (entry.actor_id, entry.project_id) == ids


def test_a_removed_projects_entries_are_a_superusers_and_tell_no_name(
    client_for: ClientFor, superuser: User, victor: User, project: Project, at: datetime
) -> None:
    write("delete", project, kind="batchjob", at=at)
    projects.remove(project, by=Actor(superuser, at))

    purge.removed_projects()

    assert lines(get(client_for(victor), "/audit/")) == []
    assert [line.split()[-3:] for line in lines(get(client_for(superuser), "/audit/"))][1] == ["–", "–", "–"]
