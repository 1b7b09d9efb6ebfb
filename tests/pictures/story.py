"""What the made-up team did until the pictures were taken."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from jobs import operations, people, policies, projects, saved_views, switches, triage
from jobs.filters import JobFilter
from jobs.models import (
    Action,
    ArchiveMode,
    Attention,
    BatchJob,
    Operation,
    OperationProject,
    Policy,
    Price,
    Project,
    Role,
    SavedView,
    User,
)
from jobs.operations import Selection
from jobs.policies import PolicyDraft
from jobs.simulator.pace import uneven
from jobs.simulator.seeds import dice
from jobs.switches import Switches

from .world import LAST_STEP, NOW, SAVED_UP_TO, SHORT_STEP, STEP, World

PLACES = {"search-prod": 260, "support-eval": 120, "trust-safety": 60, "docs-assistant": 40}
NAMES = {"search-prod": "Search prod", "support-eval": "Support eval", "catalog": "Catalog EU"}
NAMES |= {"trust-safety": "Trust & Safety", "docs-assistant": "Docs assistant"}


def meet(world: World) -> None:
    """People, before there is any project."""
    User.objects.create_superuser("dana", "dana@example.com", first_name="Dana", last_name="Okafor", password=None)
    team = {"olga": "Olga Brandt", "victor": "Victor Lind", "priya": "Priya Nair", "sam": "Sam Reyes"}
    for name, full in team.items():
        first, last = full.split()
        person = User(username=name, first_name=first, last_name=last, email=f"{name}@example.com")
        people.add(person, by=world.by())
    User.objects.update(password="!never used", date_joined=world.now)  # the same marks in each run
    people.deactivate(world.person("sam"), by=world.by())


def add_projects(world: World) -> None:
    for name, jobs in PLACES.items():
        world.put_on_board(world.simulator.add_gemini(jobs, name=name), NAMES[name])
    vertex = world.simulator.add_vertex(90, name="catalog", location="europe-west4")
    world.put_on_board(vertex, NAMES["catalog"])
    _submit(world)
    search, support = Project.objects.get(name="Search prod"), Project.objects.get(name="Support eval")
    for name, role in {"olga": Role.OPERATOR, "victor": Role.VIEWER, "priya": Role.ADMIN}.items():
        people.grant(world.person(name), search, role, by=world.by())
    people.grant(world.person("olga"), support, Role.OPERATOR, by=world.by())
    switches.set_switches(support, Switches(ArchiveMode.DEMAND, Role.VIEWER, 20), by=world.by())


def _submit(world: World) -> None:
    """The jobs that pictures are about; when, in hours before the pictures."""
    search, support, catalog = (world.account(name) for name in ("search-prod", "support-eval", "catalog"))

    def submit(account: Any, name: str, hours: float, **fate: Any) -> None:
        account.add_job(name, created=NOW - timedelta(hours=hours), **fate)

    pace = uneven(dice(world.simulator.seed, "pace"))
    long = {"requests": 100_000, "outcome": "partial", "failed": 1_600, "queue_seconds": 720, "run_seconds": 4_300}
    submit(search, "catalog-rewrite-week-47", 0.85, pace=pace, **long)
    submit(search, "support-triage-week-47", 5, requests=2_400, outcome="partial", failed=312, run_seconds=1_500)
    submit(search, "embeddings-backfill-week-47", 4, requests=1_200, source="embeddings", run_seconds=700)
    submit(search, "invoice-extraction-week-47", 3, requests=8_000, outcome="fail", run_seconds=900)
    submit(support, "eval-helpfulness-week-47", 45.5, requests=3_000, queue_seconds=400, run_seconds=5_000)
    submit(catalog, "product-tags-week-47", 6, requests=1_800, outcome="partial", failed=90, run_seconds=1_300)


def pass_the_day(world: World) -> None:
    """Synced and saved until just before the pictures, of late every other minute."""
    _work_until(world, NOW - timedelta(minutes=75), STEP)
    _work_until(world, NOW - timedelta(minutes=29), SHORT_STEP)
    world.save_results()
    world.account("trust-safety").revoke()
    projects.pause(world.project("Docs assistant"), by=world.by())
    _tidy(world)
    _work_until(world, NOW - LAST_STEP, SHORT_STEP)
    world.pass_time(NOW - LAST_STEP - world.now)
    world.work()


def _work_until(world: World, end: datetime, step: timedelta) -> None:
    while world.now + step < end:
        world.pass_time(step)
        world.work()


def _tidy(world: World) -> None:
    """Operations of this afternoon that have ended."""
    failed = _jobs(world, "Search prod", "failed")
    barred = next(job for job in failed if job.results_state != "waiting")
    world.account("search-prod").faults.set(403, path=f"{barred.name}$")
    receipt = _planned(world, failed, Action.DELETE)
    operations.confirm(receipt, actor=world.by(), reason="Monthly tidy-up", typed=None)
    operations.run_to_end(receipt, now=lambda: world.now, pause=lambda _: world.pass_time(timedelta(seconds=5)))
    world.account("search-prod").faults.clear()
    undone = _planned(world, _jobs(world, "Catalog EU", "running", "queued"), Action.CANCEL)
    operations.confirm(undone, actor=world.by(), reason="Wrong prompt version", typed=None)
    operations.undo(undone, actor=world.by())
    operations.discard(_planned(world, _jobs(world, "Catalog EU", "succeeded"), Action.DELETE), actor=world.by())
    world.known |= {"receipt": receipt.pk, "undone": undone.pk}


def plan_on(world: World) -> None:
    """Operations in every state that a person may find them in."""
    by = world.by()
    halves = [*_jobs(world, "Catalog EU", "failed", "cancelled"), *_jobs(world, "Support eval", "cancelled", "failed")]
    running = _planned(world, halves, Action.DELETE)
    operations.confirm(running, actor=by, reason="Free slots", typed=None, at_once=True)
    operations.start(world.now, only=running.pk)
    first = OperationProject.objects.filter(operation=running).earliest("project_name").project_id
    for _ in range(6):
        operations.run(running.pk, first or 0, now=lambda: world.now, seconds=20)
        world.pass_time(timedelta(seconds=1))
    support, by = _jobs(world, "Support eval", "succeeded", "partial"), world.by()
    waiting = operations.plan(Selection(ids=_ids(support)), Action.ARCHIVE, actor=world.by("olga"))
    operations.confirm(waiting, actor=world.by("olga"), reason="Keep the evaluation before it expires", typed=None)
    confirmed = _planned(world, _jobs(world, "Search prod", "queued", "running")[:3], Action.CANCEL)
    operations.confirm(confirmed, actor=world.by(), reason="Submitted twice", typed=None)
    plan = operations.plan(Selection(chosen=JobFilter(older_than=2)), Action.DELETE, actor=world.by())
    world.known |= {"running": running.pk, "waiting": waiting.pk, "confirmed": confirmed.pk, "plan": plan.pk}


def look_after(world: World) -> None:
    """Policies, views, and what people said about attention."""
    failed = PolicyDraft("Failed after 7 days", "state=failed", Action.DELETE, 7)
    policy = policies.add(failed, actor=world.by())
    policies.rehearse(policy, actor=world.by())
    policies.enable(policy, actor=world.by())
    old = PolicyDraft("Succeeded after 20 days", "state=succeeded", Action.DELETE, 20, hour=2, weekday=6)
    policies.rehearse(policies.add(old, actor=world.by()), actor=world.by())
    for name, query in {"Failed this week": "state=failed&range=7d", "Embeddings": "q=embeddings"}.items():
        saved_views.save(name, query, shared_with=None, by=world.by())
    saved_views.save("Triage", "q=triage", shared_with=world.project("Search prod"), by=world.by())
    rows = list(Attention.objects.order_by("pk"))
    triage.acknowledge(rows[0], by=world.by())
    triage.assign(rows[0], world.person("olga"), by=world.by())
    triage.comment(rows[0], "961 images over 20 MB again. I ask the catalog team.", by=world.by("olga"))
    triage.snooze(rows[-1], world.now + timedelta(hours=4), by=world.by())


def remember(world: World) -> None:
    """What the pictures are about, by name."""
    world.known |= {job.display_name: job.pk for job in BatchJob.objects.order_by("-pk")}
    world.known |= {project.name: project.pk for project in Project.objects.all()}
    world.known |= {person.username: person.pk for person in User.objects.all()}
    world.known |= {view.name: view.pk for view in SavedView.objects.all()}
    world.known |= {policy.name: policy.pk for policy in Policy.objects.all()}
    world.known |= {price.model: price.pk for price in Price.objects.all()}
    world.known |= {f"attention {row.kind}": row.pk for row in Attention.objects.order_by("-pk")}


def _planned(world: World, jobs: list[BatchJob], action: Action) -> Operation:
    return operations.plan(Selection(ids=_ids(jobs)), action, actor=world.by())


def _ids(jobs: list[BatchJob]) -> tuple[int, ...]:
    return tuple(job.pk for job in jobs)


def _jobs(world: World, project: str, *states: str) -> list[BatchJob]:
    """Small ones first by age, so that what must be saved takes little time."""
    small = Q(requests_total__lte=SAVED_UP_TO) | Q(results_state="") | Q(state__in=("failed", "cancelled"))
    return list(BatchJob.objects.listed().filter(small, project__name=project, state__in=states).order_by("by_created"))


def _begin(world: World) -> None:
    add_projects(world)
    remember(world)


def _fill(world: World) -> None:
    pass_the_day(world)
    look_after(world)
    plan_on(world)
    remember(world)


STAGES: dict[str, Callable[[World], None]] = {"empty": meet, "first": _begin, "full": _fill}
