"""The look round, once a minute: learn, forecast, and make one incident of many jobs that are stuck alike."""

from collections import defaultdict
from datetime import datetime

from jobs import attention
from jobs.attention import Kind
from jobs.flags import Flag
from jobs.forecasts import flagged, forecast
from jobs.lessons import learn
from jobs.models import AttentionJob, Forecast

STUCK = (Flag.STALLED, Flag.WAITING, Flag.SLOW)
ENDING = (Flag.LATE, Flag.NEAR)
GOES_ON = "Its jobs move again, or are over."


def look_round(at: datetime) -> None:
    learn(at)
    forecast(at)
    report_stuck(at)
    report_late(at)


def report_stuck(at: datetime) -> None:
    """Jobs of one model that do not move are one incident, however many and in however many projects."""
    found = defaultdict(list)
    for row in Forecast.objects.filter(flagged(*STUCK)).select_related("job__project").order_by("job"):
        found[row.job.project.provider, row.job.model].append(row)
    _leave(Kind.STUCK, {row.job_id for rows in found.values() for row in rows}, at)
    for (provider, model), rows in sorted(found.items()):
        projects = {row.job.project for row in rows}
        attention.report(
            Kind.STUCK,
            f"{provider} {model}",
            at=at,
            title="Jobs do not move",
            why=". ".join(_in_words(rows)) + ".",
            todo="Look at the provider's status page. Cancel and submit again what must not wait, with another model if"
            " need be.",
            project=projects.pop() if len(projects) == 1 else None,
            model=model,
            members=[row.job_id for row in rows],
            since=min(row.flag_since or at for row in rows),
            standing=True,
        )


def report_late(at: datetime) -> None:
    """Jobs that the provider will give up before they are done, by project."""
    found = defaultdict(list)
    for row in Forecast.objects.filter(flagged(*ENDING)).select_related("job__project").order_by("job"):
        found[row.job.project_id].append(row)
    _leave(Kind.LATE, {row.job_id for rows in found.values() for row in rows}, at)
    for project_id, rows in sorted(found.items()):
        attention.report(
            Kind.LATE,
            f"project-{project_id}",
            at=at,
            title="Jobs may expire before they finish",
            why="At their pace they are not done when the provider gives them up, 48 h after they were created"
            " (Vertex AI: 24 h after they began to run).",
            todo="Decide now: split what is left into smaller jobs, or let them go on and run the rest again.",
            project=rows[0].job.project,
            members=[row.job_id for row in rows],
            since=min(row.flag_since or at for row in rows),
            standing=True,
        )


def _in_words(rows: list[Forecast]) -> list[str]:
    """The flags there are, in words; no numbers, because each reader sees only their own jobs."""
    present = {row.flag for row in rows}
    words = {
        Flag.STALLED: "Requests are no longer counted, for much longer than usual",
        Flag.WAITING: "Jobs wait longer than 95 % of jobs alike did",
        Flag.SLOW: "Jobs run longer than 95 % of jobs alike did",
    }
    return [text for flag, text in words.items() if flag.value in present]


def _leave(kind: Kind, standing: set[int], at: datetime) -> None:
    """Jobs that are in this trouble no more."""
    members = AttentionJob.objects.filter(attention__kind=kind).values_list("job", flat=True)
    attention.leave([kind], sorted(set(members) - standing), at=at, note=GOES_ON)
