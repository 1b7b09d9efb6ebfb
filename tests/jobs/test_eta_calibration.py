"""The ranges hold as often as they say: 2,000 simulated jobs of seeds that were not used while building."""

from datetime import datetime, timedelta

import pytest

from jobs import replay
from jobs.eta import Reading
from jobs.replay import Past
from jobs.simulator.accounts import GeminiAccount
from jobs.simulator.app import Simulator
from jobs.simulator.clock import Clock
from jobs.simulator.jobs import SimJob
from jobs.simulator.seeds import dice
from jobs.simulator.world import add_believable

JOBS = 2_000
SPAN = timedelta(days=20)
SLOWER = 1.5  # in the middle of the span the provider becomes this much slower


def believable_jobs(seed: int, at: datetime) -> list[SimJob]:
    """Jobs of 10 to 200,000 requests; each wavers and changes its own pace somewhere in its middle."""
    account = Simulator(clock=Clock(at), seed=seed).add_gemini()
    assert isinstance(account, GeminiAccount)
    for number in range(JOBS):
        add_believable(account, at - SPAN + SPAN * number / JOBS, dice(seed, "eta", number), "succeed")
    jobs = list(account.jobs.values())
    for job in jobs[JOBS // 2 :]:
        job.run_seconds *= SLOWER
    return jobs


def seen(job: SimJob) -> Past:
    """What syncs every 15 s would have stored of it, thinned with its age."""
    assert job.starts and job.finishes
    readings: list[Reading] = []
    seconds = 0.0
    while seconds < job.run_seconds:
        done = job.snapshot(job.starts + timedelta(seconds=seconds)).done
        if not readings or done != readings[-1].done:
            readings.append(Reading(seconds, done))
        seconds += max(15.0, seconds / 100)
    return Past(job.model, job.requests, job.starts.timestamp(), job.finishes.timestamp(), readings)


@pytest.mark.parametrize("seed", [31_337])
def test_the_range_holds_and_is_narrow_enough(seed: int, at: datetime) -> None:
    past = [seen(job) for job in believable_jobs(seed, at)]

    made = list(replay.forecasts(past))

    found = replay.score(len(past), made)
    assert found and found.jobs == JOBS and found.forecasts > 20_000
    assert 0.75 <= found.held <= 0.85
    assert found.width <= 0.60
    halves = [replay.score(0, half) for half in (made[: len(made) // 2], made[len(made) // 2 :])]
    assert all(half and 0.75 <= half.held <= 0.85 for half in halves)
