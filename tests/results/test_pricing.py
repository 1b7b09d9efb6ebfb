from datetime import date
from decimal import Decimal

import pytest

from jobs.models import Archive, BatchJob, Price, Project
from jobs.results import pricing
from tests.factories import NOON, make_job

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


@pytest.fixture(autouse=True)
def price() -> Price:
    """Ours, in place of those the installation begins with."""
    Price.objects.all().delete()
    return Price.objects.create(
        model="gemini-x", input=2, output=10, cached=Decimal("0.5"), batch_discount=Decimal("0.5")
    )


def saved(project: Project, model: str = "gemini-x") -> BatchJob:
    """Of two million prompt tokens, one of them cached, and a million of output."""
    job = make_job(project, model=model)
    counted = {"prompt_tokens": 2_000_000, "cached_tokens": 1_000_000, "output_tokens": 1_000_000}
    whole = {"file": "a", "sha256": "b", "size": 1, "saved_at": NOON}
    Archive.objects.create(job=job, status="saved", wanted_at=NOON, next_attempt_at=NOON, **counted, **whole)
    return job


def test_the_discount_is_for_input_and_output_not_for_the_cache(project: Project) -> None:
    job = saved(project)

    assert pricing.cost_of(job, job.archive) == Decimal("6.5")


def test_without_a_price_for_the_cache_it_costs_as_input(project: Project) -> None:
    Price.objects.update(cached=None)
    job = saved(project)

    assert pricing.cost_of(job, job.archive) == Decimal("7")


def test_a_model_without_a_price_costs_no_zero(project: Project) -> None:
    job = saved(project, model="unheard-of")

    assert pricing.cost_of(job, job.archive) is None


@pytest.mark.parametrize("model", ["gemini-x", "publishers/google/models/gemini-x", "gemini-x@default", "gemini-x-001"])
def test_both_providers_spellings_have_one_price(model: str, price: Price) -> None:
    assert pricing.price_of(model, TODAY) == price


def test_a_version_may_have_a_price_of_its_own() -> None:
    own = Price.objects.create(model="gemini-x-001", input=1, output=1)

    assert pricing.price_of("gemini-x-001", TODAY) == own


def test_the_price_is_that_of_the_day(price: Price) -> None:
    later = Price.objects.create(model="gemini-x", input=1, output=1, starts_on=date(2026, 11, 1))

    assert pricing.price_of("gemini-x", date(2026, 10, 31)) == price
    assert pricing.price_of("gemini-x", date(2026, 11, 1)) == later
    assert pricing.price_of("gemini-x", date(2020, 1, 1)) is None


def test_changed_prices_change_costs(project: Project) -> None:
    job = saved(project, model="models/gemini-x-001")
    saved(project, model="other")

    assert (pricing.recompute(["gemini-x"]), pricing.recompute(["gemini-x"])) == (1, 0)

    job.refresh_from_db()
    assert job.cost == Decimal("6.5")
