"""The report on how good the expected ends were."""

import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from jobs.models import ProgressSample, Project
from tests.factories import make_job

pytestmark = pytest.mark.django_db


def report(*words: str) -> str:
    out = StringIO()
    call_command("eta_report", *words, stdout=out)
    return out.getvalue()


def steady(project: Project, at: datetime) -> None:
    """Ran from 10:00 to 11:30, 10 requests every nine minutes."""
    began = at - timedelta(hours=2)
    job = make_job(project, requests_total=100, started_at=began, ended_at=at - timedelta(minutes=30))
    for number in range(10):
        moment = began + number * timedelta(minutes=9)
        ProgressSample.objects.create(job=job, at=moment, succeeded=10 * number)


def test_says_so_when_there_is_nothing_to_replay(db: None) -> None:
    assert report() == "all models: no finished job has progress samples yet.\n"


def test_prints_how_often_the_range_held_and_how_wide_it_was(project: Project, at: datetime) -> None:
    steady(project, at)
    with time_machine.travel(at, tick=False):
        text, line = report(), report("--json").splitlines()[0]

    assert "all models: 1 job, 9 forecasts, held 100.0%, median width 152% of the time left." in text
    assert "gemini-2.5-flash: 1 job" in text
    assert json.loads(line) == {
        "model": "all models",
        "jobs": 1,
        "forecasts": 9,
        "held": 1.0,
        "width": pytest.approx(1.517, abs=0.001),
    }
