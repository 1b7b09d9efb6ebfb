"""What people do to projects: add, check, edit, rotate, pause, remove; each written down in the audit."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jobs import audit, hosts, stale
from jobs.connections import finds_known_job
from jobs.credentials import Credential
from jobs.models import Project, User
from jobs.models.project import no_slash
from jobs.providers import PROVIDERS, deadline
from jobs.providers.base import Account, Provider, ProviderError, TransientError
from jobs.providers.signing import read_service_account
from jobs.vault import fingerprint
from jobs.wording import many

# C1 controls, line separators and bidi controls, with which one name passes for another's
_DECEIVING = re.compile("[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
PATIENCE = 30.0  # seconds, for all that is asked while a person waits
_asking = BoundedSemaphore(2)  # of the threads for pages


class ProjectRefused(Exception):
    """What was asked cannot be done; ``str()`` is one sentence, ``field`` the form field it is about or ""."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Draft:
    """What describes a project apart from its credential."""

    name: str
    provider: str
    cloud_project: str = ""
    location: str = ""
    base_url: str = ""
    storage_url: str = ""
    bigquery_url: str = ""


def draft_of(project: Project) -> Draft:
    return Draft(
        project.name,
        project.provider,
        project.cloud_project,
        project.location,
        project.base_url,
        project.storage_url,
        project.bigquery_url,
    )


@dataclass(frozen=True, slots=True)
class Check:
    """What a connection test found, as one sentence; ``jobs`` = how many the first page holds."""

    ok: bool
    sentence: str
    jobs: int = 0


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, when, from where; ``user`` None is the command line."""

    user: User | None
    at: datetime
    address: str = ""


def check(draft: Draft, credential: Credential, *, any_host: bool = False) -> Check:
    """Ask the provider for one page as ``draft`` describes it; never raises for what the provider says."""
    try:
        _refuse_nonsense(draft, credential, any_host=any_host)
        with _while_somebody_waits():
            page = _connect(draft, credential).list_page()
    except (ProjectRefused, ProviderError) as exc:
        return Check(False, str(exc))
    found = f"{len(page.jobs)}+ jobs" if page.next_token else many(len(page.jobs), "job")
    return Check(True, f"Connected: {found} on the first page.", len(page.jobs))


def add(draft: Draft, credential: Credential, *, by: Actor, any_host: bool = False) -> Project:
    """Put a project on the board; its first sync is due at once. Raise ProjectRefused."""
    _refuse_lending(credential, by)
    _refuse_nonsense(draft, credential, any_host=any_host)
    project = Project(**asdict(draft), next_sync_at=by.at)
    project.set_credential(credential, at=by.at)
    _save(project)
    _record("add project", project, by, provider=draft.provider, credential=credential.kind)
    return project


def edit(project: Project, draft: Draft, *, by: Actor, any_host: bool = False) -> None:
    """Change the name and places; whatever was read so far stays. Raise ProjectRefused."""
    _refuse_nonsense(draft, project.open_credential(), any_host=any_host, kept=_places(project))
    before = {key: getattr(project, key) for key in asdict(draft)}
    for key, value in asdict(draft).items():
        setattr(project, key, value)
    changed = [key for key, value in before.items() if getattr(project, key) != value]
    _save(project, [*before, *(_expect_same_account(project, by) if set(changed) - {"name"} else [])])
    _record("edit project", project, by, changed=changed)


def rotate(project: Project, credential: Credential, *, by: Actor) -> None:
    """Replace the credential if it works and finds known jobs: another account's key is refused."""
    _refuse_lending(credential, by)
    _refuse_foreign(project, credential)
    project.set_credential(credential, at=by.at)
    project.error = project.error_kind = project.brake = ""
    project.failures = 0
    fields = ["credential", "credential_kind", "credential_fingerprint", "credential_set_at", "error", "error_kind"]
    project.save(update_fields=[*fields, "brake", "failures", *_expect_same_account(project, by)])
    _record("rotate credential", project, by, credential=credential.kind)


def pause(project: Project, *, by: Actor) -> None:
    if Project.objects.filter(pk=project.pk, paused_at=None).update(paused_at=by.at):
        _record("pause project", project, by)


def resume(project: Project, *, by: Actor) -> None:
    paused = Project.objects.filter(pk=project.pk, paused_at__isnull=False)
    if paused.update(paused_at=None, next_sync_at=by.at):
        _record("resume project", project, by)


def sync_now(project: Project, *, by: Actor) -> None:
    """Make a full sync due at once; a worker takes it within a tick."""
    Project.objects.filter(pk=project.pk).update(next_sync_at=by.at, full_sync_wanted=True)
    _record("sync now", project, by)


def release_brake(project: Project, *, by: Actor) -> None:
    """A person confirms: what the next full sync does not find is gone."""
    braked = Project.objects.filter(pk=project.pk).exclude(brake="")
    if braked.update(brake_released_at=by.at, next_sync_at=by.at, full_sync_wanted=True):
        _record("release brake", project, by, brake=project.brake)


@transaction.atomic
def remove(project: Project, *, by: Actor) -> None:
    """Take a project off the board and forget its credential; its rows are purged in the background."""
    doubles = Project.objects.filter(same_account_as=project)
    doubles.update(same_account_as=None, next_sync_at=by.at, full_sync_wanted=True)
    gone = Project.objects.filter(pk=project.pk, removed_at=None)
    if gone.update(removed_at=by.at, credential="", credential_fingerprint="", lease_token=None):
        _record("remove project", project, by)


def same_credential(credential: Credential) -> Project | None:
    """A project on the board that already holds this very secret."""
    if credential.kind == "adc":
        return None
    return Project.objects.on_board().filter(credential_fingerprint=fingerprint(credential)).first()


def _refuse_lending(credential: Credential, by: Actor) -> None:
    """ADC is the server's own identity: a superuser's, or the command line's, to lend (DESIGN 4)."""
    if credential.kind == "adc" and by.user and not by.user.is_superuser:
        raise ProjectRefused("Only a superuser may lend the server's own identity to a project.", "credential_kind")


def _refuse_nonsense(
    draft: Draft, credential: Credential, *, any_host: bool, kept: frozenset[str] = frozenset()
) -> None:
    kind = PROVIDERS.get(draft.provider)
    if kind is None:
        raise ProjectRefused(f"Choose a provider: {' or '.join(PROVIDERS)}.", "provider")
    try:
        no_slash(draft.name)
    except ValidationError as exc:
        raise ProjectRefused(exc.messages[0], "name") from exc
    if _DECEIVING.search(draft.name):
        raise ProjectRefused("A project's name holds no signs that turn the writing round: type it anew.", "name")
    if credential.kind not in kind.credential_kinds:
        raise ProjectRefused(f"{kind.label} takes: {', '.join(kind.credential_kinds)}.", "credential_kind")
    for field in kind.fields:
        if not getattr(draft, field):
            raise ProjectRefused(f"{kind.label} needs a {field.replace('_', ' ')}.", field)
    _refuse_hosts(draft, any_host=any_host, kept=kept)
    _refuse_secret(draft, credential)


def _refuse_hosts(draft: Draft, *, any_host: bool, kept: frozenset[str]) -> None:
    for field in ("base_url", "storage_url", "bigquery_url"):
        url = getattr(draft, field)
        if url and url not in kept and not any_host and (reason := hosts.refusal(draft.provider, url)):
            raise ProjectRefused(reason, field)


def _refuse_secret(draft: Draft, credential: Credential) -> None:
    """A secret that cannot stand in a header, or a key file that would send the key elsewhere."""
    secret = credential.secret
    if credential.kind != "adc" and not secret.strip():
        raise ProjectRefused("Enter the credential.", "secret")
    try:
        if credential.kind == "service_account":
            read_service_account(secret, base_url=draft.base_url)
        elif not secret.isascii() or not secret.isprintable() or " " in secret:
            raise ProjectRefused("A key or token holds only plain letters, digits and signs: copy it again.", "secret")
        _connect(draft, credential)
    except ProviderError as exc:
        raise ProjectRefused(str(exc), "secret" if credential.kind == "service_account" else "") from exc


def _refuse_foreign(project: Project, credential: Credential) -> None:
    """One page proves that the credential works, a known job that it is of the same account."""
    draft = draft_of(project)
    _refuse_nonsense(draft, credential, any_host=False, kept=_places(project))
    provider = _connect(draft, credential)
    try:
        with _while_somebody_waits():
            same = finds_known_job(project, provider)
        if not same:
            raise ProjectRefused(
                "This credential works but finds none of this project's jobs, so it is of another account:"
                " add it as a project of its own.",
                "secret",
            )
    except ProviderError as exc:
        raise ProjectRefused(str(exc), "secret") from exc


@contextmanager
def _while_somebody_waits() -> Iterator[None]:
    """Ask a provider from a page: a slow one holds up neither this person for long nor the others."""
    if not _asking.acquire(blocking=False):
        raise TransientError("Other connections are being tested just now: try again in a moment.")
    try:
        with deadline.within(PATIENCE):
            yield
    finally:
        _asking.release()


def _expect_same_account(project: Project, by: Actor) -> list[str]:
    """The next sync runs at once and must find a known job before it stores anything; the names of the fields set.

    One that runs loses its lease: it speaks of the old account. So does a person's word about jobs that vanished.
    """
    fields = {
        "credential_proven": False,
        "full_sync_wanted": True,
        "next_sync_at": by.at,
        "leased_until": None,
        "lease_token": None,
        "brake_released_at": None,
        "same_account_as": None,
    }
    for name, value in fields.items():
        setattr(project, name, value)
    return list(fields)


def _connect(draft: Draft, credential: Credential) -> Provider:
    places = {key: value for key, value in asdict(draft).items() if key not in ("name", "provider")}
    return PROVIDERS[draft.provider].connect(Account(credential=credential, **places))


def _places(project: Project) -> frozenset[str]:
    return frozenset({project.base_url, project.storage_url, project.bigquery_url})


def _save(project: Project, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            project.save(update_fields=fields)
    except IntegrityError as exc:
        raise _collision(project) from exc


def _collision(project: Project) -> ProjectRefused:
    others = Project.objects.on_board().exclude(pk=project.pk)
    if others.filter(name__iexact=project.name).exists():
        return ProjectRefused(f"There is already a project “{project.name}”: choose another name.", "name")
    return ProjectRefused("This cloud project and location are already on the board.", "cloud_project")


def _record(verb: str, project: Project, by: Actor, **detail: Any) -> None:
    """In the audit; and open pages look again at which projects there are."""
    audit.record(verb, project, by=by.user, at=by.at, address=by.address, detail=detail)
    stale.announce_all()
