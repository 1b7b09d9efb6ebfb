"""Jobs as the board knows them, for scripts: a JSON object a line, or a plain table."""

from typing import Any

from django.core.management.base import CommandParser

from jobs.management.base import BoardCommand, find_project, utc
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


def as_dict(job: BatchJob) -> dict[str, Any]:
    """The stable shape scripts read; null where unknown, times ISO 8601 UTC."""
    return {
        "project": job.project.name,
        "name": job.name,
        "display_name": job.display_name or None,
        "state": job.state,
        "provider_state": job.provider_state or None,
        "model": job.model or None,
        "requests": {
            "total": job.requests_total,
            "succeeded": job.requests_succeeded,
            "failed": job.requests_failed,
            "pending": job.requests_pending,
        },
        "created_at": utc(job.created_at),
        "started_at": utc(job.started_at),
        "ended_at": utc(job.ended_at),
        "expires_at": utc(job.expires_at),
        "gone_at": utc(job.gone_at),
        "error": _error(job),
        "source": job.source or None,
        "destination": job.destination or None,
    }


def _error(job: BatchJob) -> dict[str, Any] | None:
    if job.error_code is None and not job.error_message:
        return None
    return {"code": job.error_code, "message": job.error_message or None}
