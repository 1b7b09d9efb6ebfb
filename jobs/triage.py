"""What people do about attention: note it, hand it over, talk, put it off, close it; in its story and in the audit."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from jobs import attention, audit
from jobs.models import Attention, AttentionNote, Membership, Policy, Project, Role, User
from jobs.projects import Actor

LONGEST_SNOOZE = timedelta(days=90)


class TriageRefused(Exception):
    """What was asked makes no sense; ``str()`` is one sentence."""


def allowed(user: User, row: Attention) -> bool:
    """Operators of a project concerned may act, and a policy's owner; what concerns none is the superusers'."""
    if user.is_active and (user.is_superuser or row.subject in Policy.objects.subjects_of(user)):
        return True
    theirs = Project.objects.allowing(user, Role.OPERATOR).filter(pk__in=_projects(row))
    return theirs.exists()


def assignable(user: User, row: Attention) -> QuerySet[User]:
    """Whom ``user`` may hand it to: people of the projects concerned that ``user`` sees, superusers, themselves."""
    seen = Project.objects.visible_to(user).filter(pk__in=_projects(row))
    members = Membership.objects.filter(project__in=seen).values("user")
    people = User.objects.filter(is_active=True)
    chosen = people.filter(pk__in=members) | people.filter(is_superuser=True) | people.filter(pk=user.pk)
    return chosen.order_by("username")


@transaction.atomic
def acknowledge(row: Attention, *, by: Actor) -> None:
    """Say that somebody has seen it; a second time changes nothing."""
    if _change(row, Attention.objects.filter(acknowledged_at=None), acknowledged_at=by.at, acknowledged_by=_name(by)):
        _tell(row, "acknowledged", by)


@transaction.atomic
def assign(row: Attention, person: User | None, *, by: Actor) -> None:
    """Say who looks after it. Raise TriageRefused for somebody who may not see it."""
    if person and not Attention.objects.visible_to(person).filter(pk=row.pk).exists():
        raise TriageRefused(f"{person} sees none of the projects concerned: add them as a member first.")
    if _change(row, Attention.objects.exclude(assigned_to=person), assigned_to=person):
        _tell(row, "assigned", by, f"to {person.username}" if person else "to nobody")


@transaction.atomic
def comment(row: Attention, text: str, *, by: Actor) -> None:
    _tell(row, "commented", by, text)


@transaction.atomic
def snooze(row: Attention, until: datetime, *, by: Actor) -> None:
    """Keep it out of the open ones until then. Raise TriageRefused for a moment that is past or very far."""
    if not by.at < until <= by.at + LONGEST_SNOOZE:
        raise TriageRefused(f"Snooze until a moment within the next {LONGEST_SNOOZE.days} days.")
    if _change(row, Attention.objects.unresolved(), snoozed_until=until):
        _tell(row, "snoozed", by, f"until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC")


@transaction.atomic
def resolve(row: Attention, *, by: Actor, note: str = "") -> None:
    """Close it, until something new of the kind happens."""
    closed = {"resolved_at": by.at, "resolved_by": _name(by), "snoozed_until": None}
    if _change(row, Attention.objects.unresolved(), **closed):
        _tell(row, "resolved", by, note)


@transaction.atomic
def reopen(row: Attention, *, by: Actor) -> None:
    """Take it up again: resolved too early, or snoozed."""
    fresh = {"resolved_at": None, "resolved_by": "", "cured_at": None, "snoozed_until": None}
    if _change(row, Attention.objects.exclude(resolved_at=None, snoozed_until=None), **fresh):
        _tell(row, "reopened", by)


def _projects(row: Attention) -> list[int]:
    """The projects it concerns."""
    if row.project_id:
        return [row.project_id]
    if row.operation:
        return list(row.operation.projects.values_list("project", flat=True))
    return list(row.members.values_list("job__project", flat=True).distinct())


def _change(row: Attention, among: QuerySet[Attention], **fields: Any) -> bool:
    return among.filter(pk=row.pk).update(**fields) == 1


def _tell(row: Attention, verb: str, by: Actor, text: str = "") -> None:
    AttentionNote.objects.create(attention=row, at=by.at, author=_name(by), verb=verb, text=text)
    audit.record(
        f"{verb} attention"[:40], row, by=by.user, at=by.at, address=by.address, detail={"text": text} if text else {}
    )
    attention.announce(row)


def _name(by: Actor) -> str:
    return by.user.username if by.user else audit.NOBODY
