"""What a row of the jobs list says in one word."""

from datetime import datetime, timedelta

import pytest

from dashboard.rows import JobRow
from jobs.models import Project
from tests.factories import make_job

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "expired", "mark"),
    [
        ("saved", HOUR, ("Saved", "good")),
        ("waiting", -HOUR, ("Not saved", "")),
        ("lost", HOUR, ("Lost", "bad")),
        ("lost", -HOUR, ("Expired", "")),
        ("", HOUR, ("", "")),
    ],
)
def test_says_where_results_are(
    project: Project, at: datetime, state: str, expired: timedelta, mark: tuple[str, str]
) -> None:
    job = make_job(project, results_state=state, first_seen_at=at, expires_at=at + expired)

    assert JobRow(job, at=at).mark == mark
