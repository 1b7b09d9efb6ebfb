"""Jobs as the board knows them, for scripts: a JSON object a line, or a plain table."""

from typing import Any

from django.core.management.base import CommandParser

from jobs.exporting import as_dict
from jobs.management.base import BoardCommand, find_project
from jobs.models import BatchJob, BatchJobQuerySet
from jobs.providers.reading import line
from jobs.states import State

LONGEST = 1000  # letters; more than names may have


class Command(BoardCommand):
    help = "List jobs, newest first; those gone at the provider too, with gone_at."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", metavar="NAME")
        parser.add_argument("--state", action="append", choices=[state.value for state in State], metavar="S")
        parser.add_argument("--listed", action="store_true", help="without those gone at the provider")
        parser.add_argument("--json", action="store_true", help="a JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        for job in _chosen(options).iterator(chunk_size=1000):
            if options["json"]:
                self.say_json(as_dict(job))
            else:
                called = f"{job.project.name}/{job.name}  {job.display_name}"
                self.stdout.write(f"{job.state:<10} {line(called, LONGEST)}")


def _chosen(options: dict[str, Any]) -> BatchJobQuerySet:
    jobs = BatchJob.objects.filter(project__removed_at=None)
    jobs = jobs.filter(project=find_project(options["project"])) if options["project"] else jobs
    jobs = jobs.filter(state__in=options["state"]) if options["state"] else jobs
    jobs = jobs.listed() if options["listed"] else jobs
    return jobs.select_related("project").order_by("-by_created", "-pk")
