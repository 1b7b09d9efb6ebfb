"""Save results by hand, now: the same that the workers do."""

from collections import Counter
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Sum
from django.utils import timezone

from jobs.management.base import BoardCommand, find_project
from jobs.management.progress import bytes_bar, count_bar
from jobs.models import Archive, ArchiveMode, BatchJob, BatchJobQuerySet
from jobs.results import saving, wanting

WAITS = ("waiting", "saving", "refused", "busy")  # what a person may have to look at


class Command(BoardCommand):
    help = "Save results that are only at the providers: of projects that save on finish, of one, or of all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", metavar="NAME", help="this one, whenever it saves by itself")
        parser.add_argument("--all", action="store_true", help="every project, whenever it saves by itself")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        wanting.notice(at)
        jobs = _chosen(options)
        wanting.want(jobs, "command line", at)
        waiting = Archive.objects.unsaved().filter(job__in=jobs).order_by("expires_at", "pk")
        done = _save_each(list(waiting.values_list("pk", "job__name")))
        self._say(done, as_json=options["json"])
        if any(done.statuses[status] for status in WAITS):
            raise CommandError("Not everything was saved: " + " ".join(done.errors[:3]))

    def _say(self, done: "Done", *, as_json: bool) -> None:
        told = {status: done.statuses[status] for status in ("saved", "lost", "refused", "waiting", "busy")}
        if as_json:
            self.say_json({**told, "bytes": done.size, "errors": done.errors})
        else:
            words = ", ".join(f"{number:,} {status}" for status, number in told.items() if number)
            self.stdout.write(f"{words or 'Nothing to save'}; {done.size:,} bytes.")


class Done:
    """What became of each archive, how many bytes were saved, and the sentences of those that were not."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.size = 0
        self.errors: list[str] = []


def _chosen(options: dict[str, Any]) -> BatchJobQuerySet:
    jobs = BatchJob.objects.listed().results("waiting").filter(project__removed_at=None)
    if options["project"]:
        return jobs.filter(project=find_project(options["project"]))
    return jobs if options["all"] else jobs.filter(project__archive_mode=ArchiveMode.FINISH)


def _save_each(waiting: list[tuple[int, str]]) -> Done:
    done = Done()
    with count_bar("archives", len(waiting)) as bar:
        for pk, name in waiting:
            with bytes_bar(name.rpartition("/")[2][:20], None) as bytes_read:
                status = saving.save(pk, now=timezone.now, progress=bytes_read, if_due=False)
            done.statuses[status or "busy"] += 1
            bar(1)
    saved = Archive.objects.filter(pk__in=[pk for pk, _ in waiting])
    done.size = saved.saved().aggregate(size=Sum("size"))["size"] or 0
    done.errors = [f"{name}: {error}" for name, error in saved.exclude(error="").values_list("job__name", "error")]
    return done
