"""What Batchboard's commands share: one clear line and exit 1 for trouble, JSON for scripts."""

import json
import os
import sys
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from jobs.models import BatchJob, Project
from jobs.schema import pending_migrations


class BoardCommand(BaseCommand):
    """A command that needs the database in its present shape."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            self._refuse_old_schema()
        except DatabaseError as exc:
            raise CommandError(f"The database cannot be used ({exc}): check DATABASE_URL and BATCHBOARD_DATA.") from exc
        return super().execute(*args, **options)

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except BrokenPipeError:  # whoever read the output has enough, as in `list_jobs | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _refuse_old_schema(self) -> None:
        if pending_migrations():
            raise CommandError("The database is not up to date: run `python manage.py migrate` first.")

    def say_json(self, value: Any) -> None:
        """One object, one line, in which nothing steers a terminal; JSON itself would let U+2028 and U+009B pass."""
        text = msgspec.json.encode(value).decode()
        self.stdout.write("".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text))


def find_project(name: str) -> Project:
    """The project called ``name`` on the board; raise CommandError."""
    try:
        return Project.objects.on_board().get(name__iexact=name)
    except Project.DoesNotExist as exc:
        raise CommandError(f"There is no project “{name}”: `manage.py add_project` adds one.") from exc


def find_job(called: str) -> BatchJob:
    """The job ``PROJECT/NAME`` as `list_jobs` prints it, NAME whole or its last segment; raise CommandError."""
    project_name, slash, name = called.partition("/")
    if not (slash and name):
        raise CommandError(f"“{called}” is not a job: write PROJECT/NAME as `manage.py list_jobs` prints it.")
    jobs = find_project(project_name).jobs.select_related("project")
    found = list(jobs.filter(name=name)[:1] or jobs.filter(name__endswith=f"/{name}").order_by("-by_created")[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandError(f"Several jobs of “{project_name}” end in “{name}”: write the whole name.")
    raise CommandError(f"“{project_name}” has no job “{name}”: `manage.py list_jobs` prints those there are.")
