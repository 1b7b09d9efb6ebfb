"""Believable history: what an account did over the last 30 days, and what it goes on doing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from jobs.simulator import texts
from jobs.simulator.accounts import Account
from jobs.simulator.pace import uneven
from jobs.simulator.seeds import dice

HISTORY = timedelta(days=30)
OUTCOMES = {
    "succeed": 780,
    "partial": 120,
    "fail": 45,
    "all_failed": 8,
    "expire": 9,
    "stuck": 4,
    "run": 4,
    "cancel": 30,
}
# Outcome and age in hours: what a board with some history always has to show.
LANDMARKS = (("stuck", 31), ("stuck", 46.5), ("run", 9), ("fail", 2), ("partial", 4), ("all_failed", 20))
SMALLEST, LARGEST = 10, 200_000


def seed_history(account: Account, jobs: int) -> None:
    """``jobs`` jobs before the account's now, ever denser towards it: most ended, a few queued or running."""
    now = account.clock.now().replace(microsecond=0)
    landmarks = LANDMARKS if jobs >= 10 * len(LANDMARKS) else ()
    for nth, (outcome, hours) in enumerate(landmarks):
        add_believable(account, now - timedelta(hours=hours), dice(account.seed, "landmark", nth), outcome)
    for nth in range(jobs - len(landmarks)):
        random = dice(account.seed, "history", nth)
        share = ((nth + random.random()) / jobs) ** 1.5
        add_believable(account, now - HISTORY * share, random)


def add_believable(account: Account, created: datetime, random: Random, outcome: str = "") -> None:
    outcome = outcome or random.choices(list(OUTCOMES), weights=list(OUTCOMES.values()))[0]
    source = _source(account, random)
    requests = _requests(random, source)
    fate: dict[str, Any] = {"outcome": "succeed" if outcome == "cancel" else outcome}
    fate["queue_seconds"] = round(random.lognormvariate(4.5, 1.1))
    fate["run_seconds"] = round(120 + requests * random.uniform(0.05, 0.4))
    if outcome == "cancel":
        fate["cancel_at"] = created + timedelta(seconds=fate["queue_seconds"] + fate["run_seconds"] * random.random())
    if outcome == "partial":
        fate["failed"] = max(1, round(requests * random.choice((0.001, 0.01, 0.03, 0.2))))
    account.add_job(
        display_name=_name(source, created, random),
        model=random.choice(texts.EMBED_MODELS if source == "embeddings" else texts.GENERATE_MODELS),
        requests=requests,
        created=created,
        source=source,
        pace=uneven(dice(account.seed, "pace", created)),
        labels={"team": random.choice(texts.TEAMS)} if account.kind == "vertex" else None,
        **fate,
    )


def _source(account: Account, random: Random) -> Any:
    if account.kind == "vertex":
        return random.choices(("gcs", "bigquery"), weights=(4, 1))[0]
    return random.choices(("file", "inline", "embeddings"), weights=(14, 4, 2))[0]


def _requests(random: Random, source: str) -> int:
    """10 to 200,000, every order of magnitude as likely; inline jobs are small."""
    most = 300 if source == "inline" else LARGEST
    return int(SMALLEST * (most / SMALLEST) ** random.random())


def _name(source: str, created: datetime, random: Random) -> str:
    pattern = random.choice(texts.EMBED_NAMES if source == "embeddings" else texts.JOB_NAMES)
    times = {"day": f"{created:%Y-%m-%d}", "month": f"{created:%Y-%m}", "stamp": f"{created:%Y%m%d%H%M%S}"}
    return pattern.format(n=random.randint(1, 40), **times)


def trickle(account: Account, every: float) -> Callable[[datetime], None]:
    """New jobs about every ``every`` seconds from now on, the same ones for the same seed and start."""
    start = account.clock.now().replace(microsecond=0)
    made = 0

    def grow(now: datetime) -> None:
        nonlocal made
        with account.lock:
            while start + timedelta(seconds=every * (made + 1)) <= now:
                made += 1
                add_believable(account, start + timedelta(seconds=every * made), dice(account.seed, "trickle", made))

    return grow
