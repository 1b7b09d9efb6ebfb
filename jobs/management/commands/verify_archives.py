"""Whether every archive still is what was saved."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from jobs.management.base import BoardCommand, find_project
from jobs.management.progress import bytes_bar
from jobs.models import Archive
from jobs.results.checking import check


class Command(BoardCommand):
    help = "Unpack every archive and compare the sha256 of the original."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", metavar="NAME", help="only this one")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        archives = Archive.objects.saved().select_related("job__project").order_by("pk")
        if options["project"]:
            archives = archives.filter(job__project=find_project(options["project"]))
        checked, wrong = 0, []
        for archive in archives.iterator():
            checked += 1
            with bytes_bar(archive.job.short_id[:20], archive.size) as bar:
                if trouble := check(archive, progress=bar):
                    wrong.append(f"{archive.job.project.name}/{archive.job.name}: {trouble}")
        if options["json"]:
            self.say_json({"checked": checked, "whole": checked - len(wrong), "errors": wrong})
        else:
            self.stdout.write(f"{checked - len(wrong):,} of {checked:,} archives are whole.")
        if wrong:
            raise CommandError(" ".join(wrong[:5]))
