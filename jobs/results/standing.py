"""How a project's archives stand: how many are saved and how large, what waits, what cannot be saved."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Sum

from jobs.models import Archive, ArchiveStatus, Project


@dataclass(frozen=True, slots=True)
class Standing:
    """Numbers of jobs; ``stored`` is what the saved take in bytes, ``first_expires`` when the next one drops."""

    saved: int = 0
    waiting: int = 0
    refused: int = 0
    lost: int = 0
    stored: int = 0
    first_expires: datetime | None = None


def standing_of(project: Project) -> Standing:
    rows = Archive.objects.filter(job__project=project).values_list("status")
    each = {
        status: (number, stored or 0, expires)
        for status, number, stored, expires in rows.annotate(Count("pk"), Sum("stored_size"), Min("expires_at"))
    }
    nothing = (0, 0, None)
    saved, waiting = each.get(ArchiveStatus.SAVED, nothing), each.get(ArchiveStatus.WAITING, nothing)
    saving = each.get(ArchiveStatus.SAVING, nothing)
    expiries = [expires for _, _, expires in (waiting, saving) if expires]
    return Standing(
        saved=saved[0],
        waiting=waiting[0] + saving[0],
        refused=each.get(ArchiveStatus.REFUSED, nothing)[0],
        lost=each.get(ArchiveStatus.LOST, nothing)[0],
        stored=saved[1],
        first_expires=min(expiries, default=None),
    )
