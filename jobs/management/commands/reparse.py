"""Read the stored answers again with today's parser, without asking the providers."""

from typing import Any

from django.core.management.base import CommandParser

from jobs.management.base import BoardCommand, find_project
from jobs.models import Project
from jobs.sync.reparse import reparse
from jobs.wording import many


class Command(BoardCommand):
    help = "Parse every stored answer anew, after an update taught the parser more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", metavar="NAME", help="only this one")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = [find_project(options["project"])] if options["project"] else Project.objects.on_board()
        for project in chosen:
            changed = reparse(project)
            self.stdout.write(f"{project.name}: {many(changed, 'job')} read differently.")
