"""What a job cost: its tokens by the price of its model on the day it was created, once, however often it is polled.

Thoughts are output. The batch discount holds for input and output; cached input costs what it costs anywhere
(WIRE 1.9). A model without a price costs None, which is not nothing.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date
from decimal import Decimal

from jobs.models import Archive, ArchiveStatus, BatchJob, Price

MILLION = Decimal(1_000_000)
SMALLEST = Decimal("0.000001")
CHUNK = 500
_VERSION = re.compile(r"(@.*|-\d{3})$")  # “@default”, “-001”: the same model at the same price


def price_of(model: str, day: date) -> Price | None:
    """The price in force on ``day``: of exactly this model, else of the one without its version."""
    for name in dict.fromkeys((short(model), plain(model))):
        found = Price.objects.filter(model=name, starts_on__lte=day).order_by("-starts_on").first()
        if found:
            return found
    return None


def short(model: str) -> str:
    """The last segment of a model's name, in which both providers agree."""
    return model.rpartition("/")[2]


def plain(model: str) -> str:
    return _VERSION.sub("", short(model))


def cost(price: Price, *, prompt: int, output: int, cached: int) -> Decimal:
    """USD, to a millionth. ``prompt`` includes what was ``cached``, as the providers count."""
    cached = min(cached, prompt)
    kept = 1 - price.batch_discount
    fresh = ((prompt - cached) * price.input + output * price.output) * kept
    again = cached * (price.input * kept if price.cached is None else price.cached)
    return ((fresh + again) / MILLION).quantize(SMALLEST)


def cost_of(job: BatchJob, archive: Archive) -> Decimal | None:
    """What ``job`` cost by what its archive counted; None for a model without a price."""
    price = price_of(job.model, job.by_created.astimezone(UTC).date())
    if price is None:
        return None
    return cost(price, prompt=archive.prompt_tokens, output=archive.output_tokens, cached=archive.cached_tokens)


def recompute(models: Iterable[str]) -> int:
    """After prices of ``models`` changed: set the cost of their jobs anew; how many changed."""
    wanted = {plain(model) for model in models}
    named = BatchJob.objects.order_by().values_list("model", flat=True).distinct()
    concerned = [model for model in named if plain(model) in wanted]
    saved = Archive.objects.filter(status=ArchiveStatus.SAVED, job__model__in=concerned).select_related("job")
    changed = 0
    for archive in saved.iterator(CHUNK):
        now = cost_of(archive.job, archive)
        changed += now != archive.job.cost and BatchJob.objects.filter(pk=archive.job_id).update(cost=now)
    return changed
