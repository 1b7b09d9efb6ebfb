"""The demo's projects: the accounts of the simulator that runs beside it."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from jobs import projects
from jobs.credentials import Credential
from jobs.models import Project
from jobs.projects import Actor, Draft

from .waiting import wait_until


def world(path: Path) -> dict[str, Any]:
    """What the simulator said when it was ready: ``base_url`` and ``accounts``. Raise TimeoutError."""
    wait_until(lambda: path.read_bytes().endswith(b"\n"), "The simulator does not start; see logs/simulator.log.")
    described: dict[str, Any] = msgspec.json.decode(path.read_bytes().splitlines()[-1])
    return described


def put_on_board(described: dict[str, Any], at: datetime) -> None:
    """Add each account as a project; those of an earlier start follow the simulator to its address."""
    by = Actor(None, at)
    for account in described["accounts"]:
        draft = draft_of(account, described["base_url"])
        known = Project.objects.on_board().filter(name=draft.name).first()
        if known is None:
            projects.add(draft, credential_of(account), by=by, any_host=True)
        elif projects.draft_of(known) != draft:
            projects.edit(known, draft, by=by, any_host=True)


def draft_of(account: dict[str, Any], base_url: str) -> Draft:
    if account["kind"] == "gemini":
        return Draft(account["name"], "gemini", base_url=base_url)
    place = account["cloud_project"], account["location"]
    return Draft(account["name"], "vertex", *place, base_url, base_url, base_url)


def credential_of(account: dict[str, Any]) -> Credential:
    if account["kind"] == "gemini":
        return Credential("api_key", account["key"])
    return Credential("access_token", account["token"])
