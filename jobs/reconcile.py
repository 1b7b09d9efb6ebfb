"""Drift between the board and the providers: what was cancelled and still runs, what vanished while it ran, results
that nobody collected, and how many live jobs fill a project's slots. Each group is one selection and one action."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, Sum

from jobs import attention
from jobs.attention import Kind
from jobs.connections import kind_of
from jobs.models import Action, Archive, BatchJob, BatchJobQuerySet, Project, ProjectQuerySet, StateCount, User
from jobs.operations import Selection
from jobs.operations.selecting import MOST, seen_by
from jobs.providers import PROVIDERS
from jobs.states import ACTIVE, State
from jobs.wording import many

NO_EFFECT = timedelta(minutes=15)  # a cancel without effect for so long
UNCOLLECTED = timedelta(hours=1)  # an archive has had so long to save results
ATTEMPTS = 3
NEARLY_FULL = 0.8
DYING = [name for name, kind in PROVIDERS.items() if kind.capabilities.results_die_with_job]


@dataclass(frozen=True, slots=True)
class Group:
    """``jobs`` that drifted in one way; ``action`` sets them right."""

    key: str
    title: str
    why: str
    action: Action
    jobs: int
    projects: int


@dataclass(frozen=True, slots=True)
class Slots:
    """Live jobs of a project against the provider's limit."""

    project: Project
    live: int
    limit: int

    @property
    def share(self) -> float:
        return self.live / self.limit

    @property
    def nearly_full(self) -> bool:
        return self.share >= NEARLY_FULL


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to drift: how it is called, which jobs, and what sets them right."""

    title: str
    why: str
    action: Action
    which: Callable[[BatchJobQuerySet, datetime], BatchJobQuerySet]


def _uncancelled(jobs: BatchJobQuerySet, at: datetime) -> BatchJobQuerySet:
    return jobs.listed().filter(state=State.CANCELLING, cancel_requested_at__lt=at - NO_EFFECT)


def _vanished(jobs: BatchJobQuerySet, at: datetime) -> BatchJobQuerySet:
    return jobs.filter(gone_at__isnull=False, gone_by="provider", state__in=ACTIVE)


def _uncollected(jobs: BatchJobQuerySet, at: datetime) -> BatchJobQuerySet:
    """Those an archive is about to save are no drift, unless it has tried in vain."""
    waiting = jobs.listed().results("waiting").filter(by_ended__lt=at - UNCOLLECTED)
    in_work = Archive.objects.unsaved().filter(job=OuterRef("pk"), attempts__lt=ATTEMPTS)
    return waiting.filter(~Exists(in_work), project__provider__in=DYING)


RULES: dict[str, Rule] = {
    "uncancelled": Rule(
        "Cancelled here, still running there",
        "The cancel was accepted, but the provider goes on: they fill slots and are billed.",
        Action.CANCEL,
        _uncancelled,
    ),
    "vanished": Rule(
        "Running here, gone there",
        "They vanished at the provider before they were seen to end.",
        Action.FORGET,
        _vanished,
    ),
    "uncollected": Rule(
        "Results never collected",
        "They are only at the provider, and are gone with the job or when they expire.",
        Action.ARCHIVE,
        _uncollected,
    ),
}


def drift(user: User, at: datetime) -> list[Group]:
    """The groups in which this person has jobs, in a fixed order."""
    groups = [_group(key, rule, rule.which(seen_by(user), at)) for key, rule in RULES.items()]
    return [group for group in groups if group.jobs]


def _group(key: str, rule: Rule, jobs: BatchJobQuerySet) -> Group:
    found = jobs.aggregate(jobs=Count("pk"), projects=Count("project", distinct=True))
    return Group(key, rule.title, rule.why, rule.action, found["jobs"], found["projects"])


def jobs_of(key: str, user: User | None, at: datetime) -> BatchJobQuerySet:
    """The jobs of one group, newest first; raise KeyError for a group that does not exist."""
    return RULES[key].which(seen_by(user), at).order_by("-by_created", "-pk")


def select(key: str, user: User | None, at: datetime) -> tuple[Selection, Action]:
    """What a plan that sets one group right begins with; raise KeyError for a group that does not exist."""
    ids = jobs_of(key, user, at).values_list("pk", flat=True)[: MOST + 1]
    return Selection(ids=tuple(ids)), RULES[key].action


def slots(user: User) -> list[Slots]:
    """Projects whose provider limits live jobs, the fullest first; a cancelled job holds its slot until it ends."""
    return _slots(Project.objects.visible_to(user))


def _slots(projects: ProjectQuerySet) -> list[Slots]:
    live = Q(state__in=[state.value for state in ACTIVE])
    counted = dict(StateCount.objects.filter(live).order_by().values_list("project").annotate(live=Sum("jobs")))
    limited = ((project, kind_of(project).capabilities.most_live) for project in projects.filter(same_account_as=None))
    found = [Slots(project, counted.get(project.pk, 0), limit) for project, limit in limited if limit]
    return sorted(found, key=lambda one: (-one.share, one.project.name.lower()))


def look(at: datetime) -> None:
    """Raise attention for drift, a line a project and group, and settle what is over."""
    for key in ("uncancelled", "uncollected"):
        _report(key, RULES[key], at)
    for one in _slots(Project.objects.on_board()):
        _report_slots(one, at)


def _report_slots(one: Slots, at: datetime) -> None:
    subject = f"slots/{one.project.pk}"
    if not one.nearly_full:
        attention.settle(Kind.DRIFT, [subject], at=at)
        return
    attention.report(
        Kind.DRIFT,
        subject,
        at=at,
        title="Live jobs fill nearly all slots",
        why=f"{many(one.live, 'live job')}; the provider takes {one.limit:,} at once, and refuses the next.",
        todo="Cancel what is not needed; a cancelled job frees its slot when it has ended.",
        project=one.project,
        jobs=one.live,
    )


def _report(key: str, rule: Rule, at: datetime) -> None:
    jobs = rule.which(BatchJob.objects.filter(project__removed_at=None), at)
    drifted = set(jobs.order_by().values_list("project", flat=True).distinct())
    for project in Project.objects.on_board():
        subject = f"{key}/{project.pk}"
        if project.pk not in drifted:
            attention.settle(Kind.DRIFT, [subject], at=at)
            continue
        members = list(jobs.filter(project=project).values_list("pk", flat=True)[:MOST])
        attention.report(
            Kind.DRIFT,
            subject,
            at=at,
            title=rule.title,
            why=rule.why,
            todo="Open Reconcile: one plan sets them right.",
            project=project,
            members=members,
        )
