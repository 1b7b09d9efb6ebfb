"""What a job's row, or a project's health, says that somebody should look at (DESIGN 5: from changes, never signals).

Whoever changed rows of jobs calls ``look_at`` with their ids: those in trouble join an attention, those that no longer
are leave it. Many alike are one: 500 failed jobs of a project are one line with 500 jobs.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs import attention
from jobs.attention import Kind
from jobs.models import AttentionJob, BatchJob, Project
from jobs.states import State

OF_JOBS = (Kind.FAILED, Kind.ALL_FAILED, Kind.TRUNCATED, Kind.UNKNOWN_STATE)
HISTORY = timedelta(days=2)  # what ended this long before we first saw it is history, nobody's task
FAILURES = 3  # in a row, before a project counts as unreachable: one may be a hiccup
NEEDED = ("project", "state", "reported", "provider_state", "warning", "gone_at", "error_code", "error_message")
MOMENTS = ("by_ended", "first_seen_at", "requests_total", "requests_failed", "results_total", "results_failed")


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    todo: str


WORDS = {
    Kind.FAILED: Words(
        "Jobs failed",
        "Read the error of each, run again what is still needed, then resolve this. Deleting the jobs settles it too.",
    ),
    Kind.ALL_FAILED: Words(
        "Every request failed",
        "Open the results and read the first errors: usually the input's form or the model's name is wrong.",
    ),
    Kind.TRUNCATED: Words(
        "Answers were cut off",
        "Raise the limit of output tokens and run the cut requests again; the results page lists them.",
    ),
    Kind.UNKNOWN_STATE: Words(
        "A state Batchboard does not know",
        "Look the jobs up at the provider; they are polled on. An update of Batchboard may know the word.",
    ),
}


def look_at(jobs: Sequence[int], *, at: datetime) -> None:
    """Judge the rows with these ids anew: call it after their state, counts, warning or ``gone_at`` changed."""
    if not jobs:
        return
    rows = BatchJob.objects.filter(pk__in=jobs).only("pk", *NEEDED, *MOMENTS)
    troubled: dict[tuple[Kind, str], list[BatchJob]] = defaultdict(list)
    kinds: dict[int, Kind | None] = dict.fromkeys(jobs)
    for job in rows.order_by("project", "pk"):
        kinds[job.pk] = kind = kind_of(job)
        if kind:
            troubled[kind, _subject(kind, job)].append(job)
    _leave(kinds, at)
    for (kind, subject), some in sorted(troubled.items()):
        _report(kind, subject, some, at)


def kind_of(job: BatchJob) -> Kind | None:
    """What is wrong with a job, the worst first; None when nothing is, or it is gone, or history."""
    if job.gone_at or job.by_ended < job.first_seen_at - HISTORY:
        return None
    if job.state == State.UNKNOWN:
        return Kind.UNKNOWN_STATE
    if job.state in (State.FAILED, State.EXPIRED):
        return Kind.ALL_FAILED if _says_succeeded(job) else Kind.FAILED
    return Kind.TRUNCATED if job.warning == "truncated" else None


def of_project(project_id: int, *, at: datetime) -> None:
    """Judge a project's health as its last sync wrote it down."""
    project = Project.objects.get(pk=project_id)
    _judge_reach(project, at)
    _judge_brake(project, at)


def _judge_reach(project: Project, at: datetime) -> None:
    refused = project.error_kind == "credential" or project.failures >= FAILURES
    if project.failures and refused and not project.brake:
        attention.report(
            Kind.UNREACHABLE,
            _about(project.pk),
            at=at,
            title="A project cannot be read",
            why=project.error,
            todo=_cure_of(project),
            project=project,
            since=min(project.last_success_at or project.created_at, at),
            standing=True,
        )
    elif not project.failures:
        attention.settle(Kind.UNREACHABLE, [_about(project.pk)], at=at, note="The project is read again.")


def _judge_brake(project: Project, at: datetime) -> None:
    if project.brake:
        attention.report(
            Kind.BRAKE,
            _about(project.pk),
            at=at,
            title="A sync stopped and asks",
            why=project.error,
            todo="Open the project's page: mend the credential, or confirm there that the jobs were deleted.",
            project=project,
            standing=True,
        )
    else:
        attention.settle(Kind.BRAKE, [_about(project.pk)], at=at, note="The sync goes on.")


def _cure_of(project: Project) -> str:
    if project.error_kind == "credential":
        return "Enter a working credential on the project's page. Its jobs are unreachable, not gone."
    return "It is tried again by itself. If it lasts, look at the provider's status page, then at the project's page."


def _says_succeeded(job: BatchJob) -> bool:
    """The provider calls it a success, though no request was one."""
    return job.reported in (State.SUCCEEDED, State.PARTIAL)


def _subject(kind: Kind, job: BatchJob) -> str:
    return _about(job.project_id) + (f" {job.provider_state}" if kind is Kind.UNKNOWN_STATE else "")


def _about(project_id: int) -> str:
    return f"project-{project_id}"


def _report(kind: Kind, subject: str, jobs: list[BatchJob], at: datetime) -> None:
    words, ids = WORDS[kind], [job.pk for job in jobs]
    project, why = jobs[0].project, _why(kind, jobs)
    attention.report(kind, subject, at=at, title=words.title, why=why, todo=words.todo, project=project, members=ids)


def _why(kind: Kind, jobs: list[BatchJob]) -> str:
    """What is said of the jobs, the most common first."""
    if kind is Kind.UNKNOWN_STATE:
        return f"The provider says “{jobs[0].provider_state}”."
    if kind is Kind.ALL_FAILED:
        return "The provider calls it succeeded, but not one request was."
    if kind is Kind.TRUNCATED:
        return "More than 5 % of the answers ended at the limit of output tokens."
    errors = Counter(job.error_message[:300] for job in jobs if job.error_message)
    common = [message for message, _ in errors.most_common(1)]
    expired = "The provider gave up before they were done." if any(job.state == State.EXPIRED for job in jobs) else ""
    return common[0] if common else expired or "The provider gives no message."


def _leave(kinds: dict[int, Kind | None], at: datetime) -> None:
    """Jobs that had a trouble which they have no more."""
    left: dict[str, list[int]] = defaultdict(list)
    stays = AttentionJob.objects.filter(job__in=list(kinds), attention__kind__in=OF_JOBS)
    for pk, kind in stays.values_list("job", "attention__kind"):
        if kinds[pk] != kind:
            left[kind].append(pk)
    for kind, jobs in sorted(left.items()):
        attention.leave([Kind(kind)], jobs, at=at, note="None of its jobs is in this trouble any more.")
