"""What admins do to people and memberships; each written down in the audit."""

from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from jobs import audit, stale
from jobs.models import Membership, Project, Role, User
from jobs.projects import Actor


class PersonRefused(Exception):
    """What was asked cannot be done; ``str()`` is one sentence for the person who asked."""


def add(person: User, *, by: Actor) -> None:
    """Store a new person, who gets in by a set-password link."""
    person.set_unusable_password()
    person.save()
    _record("add person", person, by)


def edit(person: User, changed: list[str], *, by: Actor) -> None:
    """Store the fields ``changed`` of ``person``."""
    person.save(update_fields=changed)
    _record("edit person", person, by, changed=changed)


def note_link(person: User, *, by: Actor) -> None:
    """Write down that a set-password link was handed out; the link itself is kept nowhere."""
    _record("make password link", person, by)


@transaction.atomic
def deactivate(person: User, *, by: Actor) -> None:
    """End a person's access at once and for good, sessions included. Raise PersonRefused for the last superuser."""
    _keep_a_superuser(person)
    if User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        _end_sessions(person, by.at)
        _record("deactivate person", person, by)


def reactivate(person: User, *, by: Actor) -> None:
    if User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        _record("reactivate person", person, by)


def promote(person: User, *, by: Actor) -> None:
    if User.objects.filter(pk=person.pk, is_superuser=False).update(is_superuser=True):
        _record("make superuser", person, by)


@transaction.atomic
def demote(person: User, *, by: Actor) -> None:
    """Take a superuser's rights; memberships stay. Raise PersonRefused for the last one."""
    _keep_a_superuser(person)
    if User.objects.filter(pk=person.pk, is_superuser=True).update(is_superuser=False):
        _record("unmake superuser", person, by)


@transaction.atomic
def grant(person: User, project: Project, role: Role, *, by: Actor) -> Membership:
    """Make ``person`` a member with ``role``, or give a member another role."""
    before = Membership.objects.filter(user=person, project=project).values_list("role", flat=True).first()
    member, _ = Membership.objects.update_or_create(user=person, project=project, defaults={"role": role.value})
    if before != role:
        _record("change role" if before else "add member", member, by, person=person.username, role=role.value)
    return member


@transaction.atomic
def revoke(member: Membership, *, by: Actor) -> None:
    """End a membership."""
    _record("remove member", member, by, person=member.user.username, role=member.role)
    member.delete()


def _end_sessions(person: User, at: datetime) -> None:
    """Else they would live again when the person is reactivated. Each is opened to tell whose it is: a team has few."""
    for session in list(Session.objects.filter(expire_date__gt=at)):
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()


def _keep_a_superuser(leaving: User) -> None:
    """Locks the superusers, so that two of them cannot remove each other at the same moment."""
    supers = User.objects.select_for_update().filter(is_superuser=True, is_active=True)
    if [user.pk for user in supers] == [leaving.pk]:
        raise PersonRefused(f"{leaving} is the last superuser: make somebody else superuser first.")


def _record(verb: str, target: User | Membership, by: Actor, **detail: object) -> None:
    audit.record(verb, target, by=by.user, at=by.at, address=by.address, detail=detail)
    stale.announce_all(target.user_id if isinstance(target, Membership) else target.pk)
