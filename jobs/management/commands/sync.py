"""One sync by hand: the same that the workers do."""

import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from jobs.management.base import BoardCommand, find_project
from jobs.models import Project
from jobs.sync import Report, sync_project
from jobs.wording import many

LONGEST_WAIT = 30.0  # for a worker that holds the project


class Command(BoardCommand):
    help = "Read projects from their providers once, now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", metavar="NAME", help="only this one; else all that are not paused")
        parser.add_argument("--full", action="store_true", help="list everything, and find what vanished")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = [find_project(options["project"])] if options["project"] else _unpaused()
        total = Report()
        for project in chosen:
            report = _sync(project, full=options["full"])
            report.errors = [f"{project.name}: {error}" for error in report.errors]
            total.add(report)
        self._say(total, as_json=options["json"])
        if total.failed:
            raise CommandError(" ".join(total.errors))

    def _say(self, report: Report, *, as_json: bool) -> None:
        numbers = asdict(report)
        numbers.pop("failed")
        numbers["seconds"] = round(report.seconds, 3)
        if as_json:
            self.say_json(numbers)
            return
        self.stdout.write(
            f"{report.seen} seen: {report.created} new, {report.changed} changed, {report.unchanged} unchanged,"
            f" {report.gone} gone; {many(report.requests, 'request')} in {report.seconds:.1f} s."
        )
        for error in report.errors if not report.failed else ():  # else they are the command's own error
            self.stderr.write(error)


def _unpaused() -> list[Project]:
    return list(Project.objects.on_board().filter(paused_at=None))


def _sync(project: Project, *, full: bool) -> Report:
    """Wait for a worker that holds the project right now, then sync it."""
    deadline = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < deadline:
        if report := sync_project(project.pk, now=timezone.now, full=full):
            return report
        time.sleep(0.2)
    return Report(errors=["A worker has been syncing it for a while; try again later."], failed=True)
