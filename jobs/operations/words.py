"""A plan in words and numbers: per verdict, per project, what stays and what would be lost."""

from dataclasses import dataclass

from django.db.models import Count

from jobs.connections import kind_of
from jobs.models import Action, Operation, OperationItem, OperationProject, OperationStatus, Verdict
from jobs.wording import many

VERBS = {
    Action.CANCEL: "Cancel",
    Action.DELETE: "Delete",
    Action.ARCHIVE: "Save the results of",
    Action.FORGET: "Remove from the board",
}
DONE = {Action.CANCEL: "cancelled", Action.DELETE: "deleted", Action.ARCHIVE: "saved", Action.FORGET: "removed"}
TO_DO = (Verdict.DO, Verdict.ARCHIVE_FIRST)


@dataclass(frozen=True, slots=True)
class Line:
    """``jobs`` of the plan share this verdict and this reason."""

    verdict: Verdict
    reason: str
    jobs: int


@dataclass(frozen=True, slots=True)
class OfProject:
    """What the plan means for one project; ``project_id`` None once it was removed."""

    project_id: int | None
    name: str
    provider: str
    to_do: int
    archive_first: int
    skipped: int
    refused: int


@dataclass(frozen=True, slots=True)
class Things:
    """``jobs`` whose ``what`` stays, or is lost."""

    what: str
    jobs: int


@dataclass(frozen=True, slots=True)
class Totals:
    """``headline`` says it in one sentence; ``asides`` are sentences on what was selected and left out."""

    headline: str
    button: str
    lines: list[Line]
    projects: list[OfProject]
    stays: list[Things]
    lost: list[Things]
    asides: list[str]

    def jobs(self, verdict: Verdict) -> int:
        return sum(line.jobs for line in self.lines if line.verdict == verdict)


def totals(operation: Operation) -> Totals:
    items = operation.items.order_by()
    counted = items.values_list("verdict", "verdict_reason").annotate(jobs=Count("pk")).order_by("verdict", "-jobs")
    return Totals(
        headline=headline(operation, items.filter(verdict=Verdict.ARCHIVE_FIRST).count()),
        button=button(operation),
        lines=[Line(Verdict(verdict), reason, jobs) for verdict, reason, jobs in counted],
        projects=_by_project(operation),
        stays=_things(operation, "stays"),
        lost=_things(operation, "lost"),
        asides=asides(operation),
    )


def headline(operation: Operation, archive_first: int) -> str:
    """Such as “Delete 398 of 412 jobs, 14 of them once their results are saved.”"""
    most = f"{operation.items_to_do:,}"
    of_all = "" if operation.items_to_do == operation.items_total else f" of {operation.items_total:,}"
    saved = f", {archive_first:,} of them once their results are saved" if archive_first else ""
    return f"{VERBS[Action(operation.action)]} {most}{of_all} {'job' if operation.items_total == 1 else 'jobs'}{saved}."


def button(operation: Operation) -> str:
    """Verb and number, such as “Delete 398 jobs”."""
    verb = VERBS[Action(operation.action)]
    return f"{verb} {many(operation.items_to_do, 'job')}"


def asides(operation: Operation) -> list[str]:
    pinned, missing = operation.pinned, operation.missing
    said = []
    if pinned:
        said.append(f"{many(pinned, 'pinned job')} {'is' if pinned == 1 else 'are'} left out.")
    if missing:
        said.append(f"{many(missing, 'chosen job')} {'is' if missing == 1 else 'are'} no longer on the board.")
    if operation.approval_needed and operation.status in (OperationStatus.PLANNED, OperationStatus.WAITING):
        said.append("So many need the approval of a second person.")
    return said


def _by_project(operation: Operation) -> list[OfProject]:
    counted = operation.items.order_by().values_list("project_id", "verdict").annotate(jobs=Count("pk"))
    number = {(project, verdict): jobs for project, verdict, jobs in counted}
    return [_of_project(one, number) for one in operation.projects.select_related("project")]


def _of_project(one: OperationProject, number: dict[tuple[int | None, str], int]) -> OfProject:
    do, archive_first, skipped, refused = (
        number.get((one.project_id, verdict), 0)
        for verdict in (Verdict.DO, Verdict.ARCHIVE_FIRST, Verdict.SKIP, Verdict.REFUSE)
    )
    return OfProject(
        project_id=one.project_id,
        name=one.project_name,
        provider=kind_of(one.project).label if one.project else "",
        to_do=do + archive_first,
        archive_first=archive_first,
        skipped=skipped,
        refused=refused,
    )


def _things(operation: Operation, column: str) -> list[Things]:
    items = OperationItem.objects.filter(operation=operation, verdict__in=TO_DO).exclude(**{column: ""})
    counted = items.order_by().values_list(column).annotate(jobs=Count("pk")).order_by("-jobs")
    return [Things(what, jobs) for what, jobs in counted]
