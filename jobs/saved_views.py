"""Named filters: of one person, or shared with the members of a project; each change written down in the audit.

Whoever may act on a project's jobs may share a view with its members; its owner and the project's admins change it.
"""

from django.db import IntegrityError, transaction

from jobs import audit
from jobs.models import Project, Role, SavedView, User
from jobs.projects import Actor

MOST_VIEWS = 200


class ViewRefused(Exception):
    """What was asked cannot be done; ``str()`` is one sentence."""


def save(name: str, query: str, *, shared_with: Project | None, by: Actor) -> SavedView:
    """Keep ``query`` (a JobFilter's) under ``name``. Raise ViewRefused."""
    owner = _person(by)
    if shared_with and not shared_with.allows(owner, Role.OPERATOR):
        raise ViewRefused(f"Only operators and admins of {shared_with} share views with its members.")
    if SavedView.objects.filter(owner=owner).count() >= MOST_VIEWS:
        raise ViewRefused(f"You keep {MOST_VIEWS} views already: delete one first.")
    view = SavedView(name=name, owner=owner, shared_with=shared_with, query=query, created_at=by.at)
    _store(view)
    audit.record("save view", view, by=by.user, at=by.at, address=by.address, detail={"query": query})
    return view


def rename(view: SavedView, name: str, *, by: Actor) -> None:
    """Raise ViewRefused when the person may not, or another view of its owner has the name."""
    _refuse_others(view, by)
    before, view.name = view.name, name
    _store(view)
    audit.record("rename view", view, by=by.user, at=by.at, address=by.address, detail={"before": before})


def delete(view: SavedView, *, by: Actor) -> None:
    _refuse_others(view, by)
    audit.record("delete view", view, by=by.user, at=by.at, address=by.address, detail={"query": view.query})
    view.delete()


def _refuse_others(view: SavedView, by: Actor) -> None:
    if not SavedView.objects.changeable_by(_person(by)).contains(view):
        raise ViewRefused("Only its owner, or an admin of the project it is shared with, changes this view.")


def _person(by: Actor) -> User:
    assert by.user is not None
    return by.user


def _store(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as exc:
        raise ViewRefused(f"{view.owner} has a view “{view.name}” already: choose another name.") from exc
