"""What a sync leaves on its project: health in a sentence, when it covered what, and when to come again.

What people ask for while a sync runs moves ``next_sync_at``; then their wish stands and the sync's does not.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.expressions import Combinable

from jobs import troubles
from jobs.models import Project

SLOWEST_BACK_OFF = timedelta(minutes=15)
CREDENTIAL_BACK_OFF = (timedelta(minutes=5), timedelta(hours=1))
SWEEP_AFTER_FAILURES = 3  # an outage long enough for jobs to come and go unseen


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a sync did not do its work. ``kind``: transient, credential, refused, brake, double or internal."""

    kind: str
    sentence: str
    retry_after: float | None = None
    brake: str = ""


@dataclass(frozen=True, slots=True)
class Success:
    """``full``: everything was listed (``swept``) and what vanished was marked; ``whole``: no sweep need follow."""

    full: bool
    swept: bool
    whole: bool
    changed: bool
    covered_since: datetime | None
    latency: float | None
    skew: float | None
    warning: Trouble | None = None


def succeed(project: Project, token: UUID, found: Success, *, at: datetime) -> bool:
    """Write down a good sync and free the lease; False when the lease was lost meanwhile."""
    fields: dict[str, Any] = {
        "last_success_at": at,
        "failures": 0,
        "latency_ms": round(found.latency * 1000) if found.latency is not None else None,
        "clock_skew_seconds": found.skew,
        "credential_proven": True,
    }
    fields |= {"covered_since": found.covered_since} if found.covered_since else {}
    fields |= {"last_changed_at": at} if found.changed else {}
    fields |= {"last_full_at": at, "brake_released_at": None} if found.full else {}
    fields |= {"swept_at": at} if found.swept else {}
    wanted = _unless_asked(project, Value(False), F("full_sync_wanted")) if found.whole else True
    fields |= {"full_sync_wanted": wanted, **_verdict(project, found)}
    changed_at = at if found.changed else project.last_changed_at
    return _finish(project, token, at, _jitter(_quiet_pace(project, changed_at, at)), fields)


def _verdict(project: Project, found: Success) -> dict[str, str]:
    """What is said of the project now. The brake of a sweep stands until another sweep finds no reason for it."""
    if project.brake == "mass_vanish" and not found.full and found.warning is None:
        return {}
    warning = found.warning or Trouble("", "")
    return {"error_kind": warning.kind, "error": warning.sentence, "brake": warning.brake}


def fail(project: Project, token: UUID, trouble: Trouble, *, at: datetime) -> bool:
    """Write down why a sync failed and when it is tried again; False when the lease was lost meanwhile."""
    failures = project.failures + 1
    fields: dict[str, Any] = {
        "failures": failures,
        "error_kind": trouble.kind,
        "error": trouble.sentence,
        "brake": trouble.brake or project.brake,
    }
    if failures >= SWEEP_AFTER_FAILURES or project.brake:
        fields["full_sync_wanted"] = True
    pause = max(_jitter(back_off(trouble, failures)), timedelta(seconds=trouble.retry_after or 0))
    return _finish(project, token, at, pause, fields)


def _finish(project: Project, token: UUID, at: datetime, pause: timedelta, fields: dict[str, Any]) -> bool:
    next_sync_at = _unless_asked(project, Value(at + pause), F("next_sync_at"))
    fields |= {"last_attempt_at": at, "next_sync_at": next_sync_at, "leased_until": None, "lease_token": None}
    with transaction.atomic():
        held = Project.objects.held_by(token).filter(pk=project.pk).update(**fields) == 1
        if held:
            troubles.of_project(project.pk, at=at)
    return held


def _unless_asked(project: Project, ours: Combinable, theirs: Combinable) -> Case:
    """``ours``, but ``theirs`` when somebody asked for a sync after this one began."""
    return Case(When(next_sync_at=project.next_sync_at, then=ours), default=theirs)


def _quiet_pace(project: Project, changed_at: datetime | None, at: datetime) -> timedelta:
    """Active jobs often; without them, the rarer the longer nothing changed."""
    often = timedelta(seconds=settings.SYNC_ACTIVE_SECONDS)
    rarely = timedelta(seconds=settings.SYNC_QUIET_SECONDS)
    if changed_at is None or project.jobs.listed().active().exists():
        return often
    return min(max(often, (at - changed_at) / 20), max(rarely, often))


def back_off(trouble: Trouble, failures: int) -> timedelta:
    """Longer with each failure in a row."""
    if trouble.kind == "credential":
        least, most = CREDENTIAL_BACK_OFF
    else:
        least, most = timedelta(seconds=settings.SYNC_ACTIVE_SECONDS), SLOWEST_BACK_OFF
    return min(least * (1 << min(failures - 1, 10)), most)


def _jitter(pause: timedelta) -> timedelta:
    """± 10 %, so that projects added together do not stay in step."""
    return pause * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, guards nothing
