"""The same account added twice is noticed, and its jobs are counted once (DESIGN 5).

A job's full name is unique at the provider, whichever key or spelling of the cloud project reads it; so two projects
that list the same name are one account. The one that already stores the jobs keeps them.
"""

from collections.abc import Collection

from jobs import counts
from jobs.models import BatchJob, Project, ProjectQuerySet

SENTENCE = "This is the account of another project on the board, which shows its jobs already: remove one of the two."


class SameAccount(Exception):
    """Another project on the board already shows these jobs."""

    def __init__(self, original: Project) -> None:
        super().__init__(SENTENCE)
        self.original = original


def refuse(project: Project, new_names: Collection[str]) -> None:
    """Raise SameAccount when any of ``new_names`` is stored for another project of the same provider."""
    if not new_names:
        return
    if original := _holder(project, new_names):
        raise SameAccount(original)


def check_all(project: Project) -> None:
    """Two first syncs at the same moment may have stored both: then the younger project yields."""
    names = project.jobs.listed().values("name")
    older = _others(project).filter(pk__lt=project.pk, jobs__name__in=names).first()
    if older:
        raise SameAccount(older)


def still_same(project: Project, names: Collection[str]) -> bool:
    """Whether the account listed as ``names`` is still that of the project it doubles; an empty list tells nothing."""
    original = project.same_account_as
    if original is None or original.removed_at:
        return False
    return not names or original.jobs.filter(name__in=names).exists()


def settle(project: Project, original: Project) -> None:
    """Leave the jobs to ``original``: rows it has are dropped here, those it lacks move to it.

    The caller holds the transaction. Nothing is done when ``original`` has meanwhile left the board or
    yielded to another, perhaps to ``project``: the next sync looks anew.
    """
    pair = Project.objects.select_for_update(no_key=True).filter(pk__in=[project.pk, original.pk]).order_by("pk")
    found = {one.pk: one for one in pair}.get(original.pk)
    if found is None or found.removed_at or found.same_account_as_id:
        return
    both = BatchJob.objects.filter(project=original).values("name")
    project.jobs.filter(name__in=both).delete()
    project.jobs.update(project=original)
    Project.objects.filter(pk=project.pk).update(same_account_as=original, brake_released_at=None)
    counts.recount([project.pk, original.pk])


def _holder(project: Project, names: Collection[str]) -> Project | None:
    others = list(_others(project))
    stored = BatchJob.objects.filter(name__in=names, project__in=others)[:1] if others else []
    return next((other for row in stored for other in others if other.pk == row.project_id), None)


def _others(project: Project) -> ProjectQuerySet:
    alike = Project.objects.on_board().filter(provider=project.provider, base_url=project.base_url)
    return alike.exclude(pk=project.pk).filter(same_account_as=None)
