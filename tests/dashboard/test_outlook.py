"""The expected end as lists and pages say it."""

from datetime import datetime, timedelta

import pytest

from dashboard.outlook import Ends, Outlook, outlooks
from jobs.models import Forecast, Project, User
from jobs.states import State
from tests.conftest import ClientFor
from tests.factories import make_job

MINUTE = timedelta(minutes=1)


def row(at: datetime, low: float, middle: float, high: float, flag: str = "", since: float = 0) -> Forecast:
    low_at, expected_at, high_at = (at + minutes * MINUTE for minutes in (low, middle, high))
    moment = at - since * MINUTE
    return Forecast(at=at, low_at=low_at, expected_at=expected_at, high_at=high_at, flag=flag, flag_since=moment)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        ((8, 12, 20), "≈ 12 min left (8–20 min)"),
        ((40, 70, 130), "≈ 1 h left (40 min – 2 h)"),
        ((-5, 1, 2), "≈ 1 min left (0 s – 2 min)"),
        ((-9, -5, -1), "due any moment"),
    ],
)
def test_says_the_rest_with_its_range(at: datetime, minutes: tuple[float, float, float], text: str) -> None:
    assert Outlook.of(row(at, *minutes), at).left == text


def test_what_is_stuck_has_no_rest(at: datetime) -> None:
    assert Outlook.of(row(at, 8, 12, 20, "stalled", 180), at) == Outlook("", "no progress, for 3 h")


def test_what_will_expire_has_both(at: datetime) -> None:
    found = Outlook.of(row(at, 8, 12, 20, "late"), at)

    assert (found.left, found.flag) == ("≈ 12 min left (8–20 min)", "will expire before it finishes")


def test_its_ends_are_still_to_come(at: datetime) -> None:
    assert Outlook.of(row(at, -5, 1, 2), at).ends == Ends(at, at + MINUTE, at + 2 * MINUTE)
    assert Outlook.of(row(at, -5, 1, 2), at).rest(at) == MINUTE
    assert Outlook.of(row(at, -9, -5, -1), at).ends is None
    assert Outlook.of(row(at, -9, -5, -1), at).rest(at) == timedelta()


@pytest.mark.django_db
def test_only_active_jobs_are_asked_for(project: Project, at: datetime) -> None:
    over, runs = make_job(project), make_job(project, state=State.RUNNING)
    for job in (over, runs):
        Forecast.objects.create(job=job, at=at)

    assert set(outlooks([over, runs], at)) == {runs.pk}


@pytest.mark.django_db
def test_list_and_page_show_it(client_for: ClientFor, victor: User, project: Project, redis_client: object) -> None:
    job = make_job(project, state=State.RUNNING)
    now = datetime.now().astimezone()
    made = row(now, 120, 180, 360, "late")
    made.job = job
    made.save()
    client = client_for(victor)

    for address in ("/", f"/jobs/{job.pk}/"):
        html = client.get(address).content.decode()
        assert "≈ 2 h left (1–5 h)" in html
        assert "ill expire before it finishes" in html
    assert "then 2 h 59 min expected" in html
    assert "Expected to end, about" in html
