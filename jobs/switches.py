"""How a project handles results and operations: when results are saved, who opens them, what two people approve."""

from dataclasses import asdict, dataclass

from . import audit, stale
from .models import ArchiveMode, Project, Role
from .projects import Actor


@dataclass(frozen=True, slots=True)
class Switches:
    """``results_role``: who may open results, from this role up; ``approval_above``: jobs in one operation."""

    archive_mode: ArchiveMode
    results_role: Role
    approval_above: int


def switches_of(project: Project) -> Switches:
    return Switches(ArchiveMode(project.archive_mode), Role(project.results_role), project.approval_above)


def set_switches(project: Project, chosen: Switches, *, by: Actor) -> None:
    """Change what differs and write down from what to what."""
    before, after = asdict(switches_of(project)), asdict(chosen)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if not changed:
        return
    for name, (_, value) in changed.items():
        setattr(project, name, value)
    project.save(update_fields=[*changed])
    audit.record("set switches", project, by=by.user, at=by.at, address=by.address, detail=changed)
    stale.announce_all()
