"""Rows of projects taken off the board are deleted in the background, a few at a time."""

from jobs.models import BatchJob, Project

CHUNK = 500


def removed_projects() -> int:
    """Delete the jobs of removed projects, then the projects; how many jobs went."""
    purged = 0
    for project in Project.objects.filter(removed_at__isnull=False):
        purged += _purge_jobs(project)
        project.delete()
    return purged


def _purge_jobs(project: Project) -> int:
    purged = 0
    while chunk := list(BatchJob.objects.filter(project=project).values_list("pk", flat=True)[:CHUNK]):
        BatchJob.objects.filter(pk__in=chunk).delete()
        purged += len(chunk)
    return purged
