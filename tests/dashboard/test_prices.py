"""The price list, kept by superusers."""

import re
from datetime import date, datetime
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from jobs import price_list
from jobs.models import AuditEntry, Price, Project, User
from tests.archives import answered, save_results
from tests.conftest import ClientFor
from tests.factories import make_job

pytestmark = pytest.mark.usefixtures("redis_client")
ENTERED = {
    "model": "gemini-9",
    "starts_on": "2026-01-01",
    "input": "0.30",
    "output": "2.5",
    "cached": "",
    "batch_discount_percent": "50",
    "note": "list",
}


@pytest.fixture
def browser(client_for: ClientFor, superuser: User) -> Client:
    return client_for(superuser)


@pytest.fixture
def price(db: None) -> Price:
    return Price.objects.create(
        model="gemini-9", starts_on=date(2025, 1, 1), input=Decimal("0.1"), output=Decimal("0.4"), batch_discount="0.5"
    )


def words(html: bytes) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html.decode())).split())


def test_a_price_is_added_and_written_down(browser: Client) -> None:
    answer = browser.post("/prices/add/", ENTERED)

    kept = Price.objects.get(model="gemini-9")
    assert answer.status_code == 302
    assert (kept.input, kept.output, kept.cached, kept.batch_discount) == (
        Decimal("0.3"),
        Decimal("2.5"),
        None,
        Decimal("0.5"),
    )
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor_name, entry.detail["output"]) == ("add price", "root", "2.5")


@pytest.mark.parametrize(
    "wrong",
    [{"input": "-1"}, {"cached": "-0.1"}, {"batch_discount_percent": "101"}, {"model": ""}, {"starts_on": "tomorrow"}],
)
def test_nonsense_is_refused(browser: Client, wrong: dict[str, str]) -> None:
    answer = browser.post("/prices/add/", ENTERED | wrong)

    assert answer.status_code == 422
    assert not Price.objects.filter(note="list").exists()
    assert not AuditEntry.objects.exists()


def test_one_price_a_model_and_day(browser: Client, price: Price) -> None:
    answer = browser.post("/prices/add/", ENTERED | {"starts_on": "2025-01-01"})

    assert answer.status_code == 422
    assert "The model has a price from this day already: edit that one." in words(answer.content)


def test_editing_says_from_what_to_what(browser: Client, price: Price) -> None:
    answer = browser.post(f"/prices/{price.pk}/edit/", ENTERED | {"starts_on": "2025-01-01", "note": ""})

    price.refresh_from_db()
    assert answer.status_code == 302
    assert (price.input, price.output, price.batch_discount) == (Decimal("0.3"), Decimal("2.5"), Decimal("0.5"))
    assert AuditEntry.objects.get().detail == {
        "input": ["0.100000", "0.30"],
        "output": ["0.400000", "2.5"],
        "models": ["gemini-9"],
    }


def test_a_stored_price_is_shown_as_a_person_writes_it(browser: Client, price: Price) -> None:
    price.input = Decimal("10")
    price.save()

    page = browser.get(f"/prices/{price.pk}/edit/").content.decode()

    shown = dict(re.findall(r'name="(input|output|cached|batch_discount_percent)" value="([^"]*)"', page))
    assert shown == {"input": "10", "output": "0.4", "batch_discount_percent": "50"}


def test_a_price_is_removed_and_written_down(browser: Client, price: Price) -> None:
    browser.post(f"/prices/{price.pk}/remove/")

    assert not Price.objects.filter(pk=price.pk).exists()
    assert AuditEntry.objects.get().verb == "remove price"


def test_costs_are_reckoned_anew_once_after_a_change(browser: Client, project: Project, at: datetime) -> None:
    job = make_job(project, model="gemini-9")
    save_results(job, answered("a"), prompt_tokens=2_000_000, output_tokens=1_000_000)
    browser.post("/prices/add/", ENTERED)
    now = timezone.now()

    assert [price_list.reckon(now), price_list.reckon(now)] == [1, 0]

    job.refresh_from_db()
    assert job.cost == Decimal("1.55")
    entry = AuditEntry.objects.get(verb="reckon costs")
    assert (entry.actor_name, entry.detail["models"], entry.detail["changed"]) == ("Batchboard", ["gemini-9"], 1)


def test_the_list_says_which_is_in_force_and_which_models_have_none(
    browser: Client, price: Price, project: Project
) -> None:
    Price.objects.create(model="gemini-9", starts_on=date(2999, 1, 1), input=1, output=2)
    make_job(project, model="gemini-unheard-of")

    text = words(browser.get("/prices/").content)

    assert "gemini-9 2999-01-01 $1.00 $2.00 as input 0 %" in text
    assert "gemini-9 2025-01-01 in force $0.10 $0.40 as input 50 %" in text
    assert "Models in use without a price: gemini-unheard-of" in text
