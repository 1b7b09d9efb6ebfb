"""What of saving results a person must look at: lost, refused, no room, about to expire (DESIGN 7)."""

from datetime import datetime, timedelta

from jobs import attention
from jobs.attention import Kind
from jobs.models import Archive, BatchJob, Project

EXPIRING = timedelta(hours=6)
ROOM = "room"
LARGEST = 5_000  # jobs named in one attention


def saved(archive: Archive, *, at: datetime) -> None:
    """Whatever was reported about it is over."""
    attention.leave([Kind.EXPIRING, Kind.RESULTS_LOST, Kind.STORAGE], [archive.job_id], at=at, note="They are saved.")
    attention.settle(Kind.STORAGE, [ROOM], at=at, note="Results are saved again.")


def lost(archive: Archive, sentence: str, *, at: datetime) -> None:
    """Results we could have saved; what had expired before the job was first seen is history."""
    job = archive.job
    attention.leave([Kind.EXPIRING], [job.pk], at=at, note="They are gone.")
    if job.seen_too_late:
        return
    attention.report(
        Kind.RESULTS_LOST,
        f"project-{job.project_id}",
        at=at,
        title="Results were gone before they were saved",
        why=sentence,
        todo="Run what is still needed again. Let the project save results when a job finishes.",
        project=job.project,
        members=[job.pk],
    )


def refused(archive: Archive, sentence: str, *, at: datetime) -> None:
    attention.report(
        Kind.STORAGE,
        f"project-{archive.job.project_id}",
        at=at,
        title="Results cannot be read",
        why=sentence,
        todo="Grant the right to read them, then save again from the job's page.",
        project=archive.job.project,
        members=[archive.job_id],
    )


def no_room(sentence: str, *, at: datetime) -> None:
    attention.report(
        Kind.STORAGE,
        ROOM,
        at=at,
        title="No results are saved: there is no room",
        why=sentence,
        todo="Nothing is lost yet: saving goes on by itself once there is room. Look at what expires first.",
        standing=True,
    )


def guard(at: datetime) -> int:
    """Report what will expire within six hours and is not saved, by project; how many jobs."""
    soon = BatchJob.objects.listed().expiring(at + EXPIRING).filter(project__removed_at=None)
    by_project: dict[int, list[int]] = {}
    for job, owner in soon.order_by("expires_at").values_list("pk", "project_id")[:LARGEST]:
        by_project.setdefault(owner, []).append(job)
    for project in Project.objects.filter(pk__in=by_project):
        _report_expiring(project, by_project[project.pk], at)
    _leave_saved(at)
    return sum(map(len, by_project.values()))


def _report_expiring(project: Project, jobs: list[int], at: datetime) -> None:
    attention.report(
        Kind.EXPIRING,
        f"project-{project.pk}",
        at=at,
        title="Results expire soon and are not saved",
        why="The provider drops them within six hours.",
        todo="Save them from the jobs' pages, or let the project save results when a job finishes.",
        project=project,
        members=jobs,
    )


def _leave_saved(at: datetime) -> None:
    """Jobs that were saved, lost or deleted since stand in no such attention any more."""
    stands = BatchJob.objects.filter(troubles__attention__kind=Kind.EXPIRING).exclude(results_state="waiting")
    attention.leave([Kind.EXPIRING], list(stands.values_list("pk", flat=True)), at=at)
