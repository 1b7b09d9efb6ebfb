"""How a project's archives stand: how many are saved and how large, what waits, what cannot be saved."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min, Sum

from jobs.models import Archive, ArchiveStatus, Project

from . import storing
from .long_values import size_words


@dataclass(frozen=True, slots=True)
class Standing:
    """Numbers of jobs; ``stored`` is what the saved take in bytes, ``first_expires`` when the next one drops."""

    saved: int = 0
    waiting: int = 0
    refused: int = 0
    lost: int = 0
    stored: int = 0
    first_expires: datetime | None = None


def quota_words() -> str:
    """`2.1 GB of 100 GB used`, over all projects; empty without a quota."""
    quota = settings.RESULTS_QUOTA_GB * storing.GIB
    return f"{size_words(storing.used())} of {size_words(quota)} used" if quota else ""


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
