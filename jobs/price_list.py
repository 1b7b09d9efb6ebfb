"""What superusers do to the price list; each change is written down."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum

from . import audit
from .models import AuditEntry, Price, StateCount
from .projects import Actor
from .results.pricing import plain, recompute, short

MOST_NAMED = 20
RECKONED, RECKONER = "reckon costs", "Batchboard"
LOOKS_BACK = timedelta(days=1)
FIELDS = ("model", "starts_on", "input", "output", "cached", "batch_discount", "note")


def unpriced_models() -> list[str]:
    """Models that jobs on the board have and the list has not, the most used first."""
    priced = set(Price.objects.values_list("model", flat=True))
    used = StateCount.objects.filter(jobs__gt=0, project__removed_at=None).exclude(model="").values_list("model")
    counted: Counter[str] = Counter()
    for model, number in used.annotate(number=Sum("jobs")):
        if not priced & {short(model), plain(model)}:
            counted[plain(model)] += number
    return [model for model, _ in counted.most_common(MOST_NAMED)]


def add(price: Price, *, by: Actor) -> None:
    price.save()
    _record("add price", price, by, _said(price, FIELDS))


def edit(price: Price, changed: Iterable[str], *, by: Actor) -> None:
    """Store the fields ``changed`` of ``price``."""
    before = Price.objects.get(pk=price.pk)
    price.save(update_fields=[*changed])
    detail: dict[str, Any] = {name: [_plain(before, name), _plain(price, name)] for name in changed}
    _record("edit price", price, by, detail, before.model)


def remove(price: Price, *, by: Actor) -> None:
    _record("remove price", price, by, _said(price, FIELDS))
    price.delete()


def reckon(at: datetime) -> int:
    """Set the costs of jobs anew whose prices changed since the last time; how many costs changed.

    The audit is the list of what changed, so that nothing is lost with a worker or a message.
    """
    recent = AuditEntry.objects.filter(target_kind="price", at__gte=at - LOOKS_BACK).order_by("-id")
    last = recent.filter(verb=RECKONED).first()
    news = list(recent.exclude(verb=RECKONED).filter(id__gt=last.detail["until"] if last else 0))
    if not news:
        return 0
    models = sorted({model for entry in news for model in entry.detail["models"]})
    changed = recompute(models)
    detail = {"models": models, "until": news[0].pk, "changed": changed}
    audit.record(RECKONED, Price(model=", ".join(models)), by=None, at=at, name=RECKONER, detail=detail)
    return changed


def _said(price: Price, names: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(price, name) for name in names}


def _plain(price: Price, name: str) -> str | None:
    value = getattr(price, name)
    return None if value is None else str(value)


def _record(verb: str, price: Price, by: Actor, detail: dict[str, Any], *others: str) -> None:
    models = sorted({price.model, *others})
    audit.record(verb, price, by=by.user, at=by.at, address=by.address, detail=detail | {"models": models})
