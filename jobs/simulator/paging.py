"""Pages of jobs: tokens name the last job shown, so jobs that come or go never shift a page."""

from collections.abc import Callable
from datetime import datetime
from itertools import islice

from werkzeug.wrappers import Request

from jobs.simulator.accounts import Account, Place
from jobs.simulator.jobs import SimJob
from jobs.simulator.wire import WireError, make_token, read_token

EMPTY, FULL = "empty", "full"


def job_page(
    account: Account, request: Request, size: int, keep: Callable[[SimJob], bool] = lambda job: True
) -> tuple[list[SimJob], str]:
    """One page and the token of the next ("" = last). Raises WireError 400 for a bad or expired token."""
    kind, place = _read(account, request.args.get("pageToken", ""))
    if kind == EMPTY:
        return [], _token(account, FULL, place) if place else ""
    found = list(islice((job for job in account.walk(place) if keep(job)), size + 1))
    if len(found) <= size:
        return found, ""
    last = found[size - 1]
    # Some real lists hold an empty page in the middle; clients must go on.
    next_kind = EMPTY if account.faults.with_empty_page and place is None else FULL
    return found[:size], _token(account, next_kind, (last.created, last.name))


def _token(account: Account, kind: str, place: Place) -> str:
    return make_token(str(account.faults.generation), kind, place[0].isoformat(), place[1])


def _read(account: Account, token: str) -> tuple[str, Place | None]:
    if not token:
        return FULL, None
    generation, kind, created, name = read_token(token, 4)
    if generation != str(account.faults.generation):
        raise WireError(400, "Request contains an invalid argument: the page token has expired.")
    return kind, (datetime.fromisoformat(created), name)
