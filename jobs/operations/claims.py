"""Claiming items: by lease, and each job for one item at a time, so that overlapping operations never act twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from jobs.models import OperationItem, OperationItemQuerySet

from .calls import threads

TO_CALL = Q(step="", intent="")  # items for which the next call can be made; of the others something is to be seen
ROUNDS = 4  # calls a thread makes for one claim
SIGHTS = 2_000  # items a claim of which something is to be seen: one list may tell of all


class LeaseLost(Exception):
    """Another worker took these items over; nothing more may be sent or written for them."""


@dataclass(slots=True)
class Claim:
    """Items held until ``leased_until`` by ``token``; ``taken`` tells, by item, which operation has its job."""

    token: UUID
    items: list[OperationItem]
    taken: dict[int, int]

    @property
    def mine(self) -> OperationItemQuerySet:
        return OperationItem.objects.filter(lease_token=self.token)

    def renew(self, at: datetime) -> None:
        if not self.mine.update(leased_until=at + lease()):
            raise LeaseLost


def lease() -> timedelta:
    return timedelta(seconds=settings.OPERATION_LEASE_SECONDS)


def claim(items: OperationItemQuerySet, *, at: datetime, to_call: bool) -> Claim:
    """Take due items of ``items``: those to call for, or those to look at."""
    wanted = items.due(at).filter(TO_CALL) if to_call else items.due(at).exclude(TO_CALL)
    token = uuid4()
    with transaction.atomic():
        found = wanted.order_by("pk").select_for_update(skip_locked=True)
        ids = list(found.values_list("pk", flat=True)[: ROUNDS * threads() if to_call else SIGHTS])
        OperationItem.objects.due(at).filter(pk__in=ids).update(lease_token=token, leased_until=at + lease())
    taken = _start(token, ids, at) if to_call else {}
    return Claim(token, list(OperationItem.objects.filter(lease_token=token).order_by("pk")), taken)


def _start(token: UUID, ids: Sequence[int], at: datetime) -> dict[int, int]:
    """Give each new item its job for itself; where another operation has it, which one."""
    new = OperationItem.objects.filter(lease_token=token, started_at=None)
    taken = _taken(new)
    try:
        with transaction.atomic():
            new.exclude(pk__in=taken).update(started_at=at)
    except IntegrityError:  # another worker started one of these jobs at this very moment
        for pk in new.exclude(pk__in=taken).values_list("pk", flat=True):
            _start_one(pk, at)
        taken = _taken(new)
    return taken


def _start_one(pk: int, at: datetime) -> None:
    """Start it, or leave it for a moment until it is to be seen who has its job."""
    item = OperationItem.objects.filter(pk=pk)
    try:
        with transaction.atomic():
            item.update(started_at=at)
    except IntegrityError:
        return


def _taken(new: OperationItemQuerySet) -> dict[int, int]:
    mine = dict(new.exclude(job=None).values_list("job_id", "pk"))
    others = OperationItem.objects.unended().filter(job__in=mine, started_at__isnull=False)
    return {mine[job]: operation for job, operation in others.values_list("job_id", "operation_id") if job in mine}
