"""Where a stored project becomes a connection: models and providers meet here."""

from functools import partial

from jobs import budget
from jobs.models import Project
from jobs.providers import PROVIDERS
from jobs.providers.base import Account, CredentialError, GoneError, Provider, ProviderKind, UnaskableError
from jobs.vault import CredentialUnreadable

PROBES = 3  # known jobs asked for before a credential is believed to be of another account


def kind_of(project: Project) -> ProviderKind:
    return PROVIDERS[project.provider]


def connect(project: Project) -> Provider:
    """A provider that keeps to the project's budget; raise CredentialError when the credential cannot be used."""
    return kind_of(project).connect(account_of(project), gate=partial(budget.slot, project.pk))


def account_of(project: Project) -> Account:
    try:
        credential = project.open_credential()
    except CredentialUnreadable as exc:
        raise CredentialError(str(exc)) from exc
    return Account(
        credential=credential,
        cloud_project=project.cloud_project,
        location=project.location,
        base_url=project.base_url,
        storage_url=project.storage_url,
        bigquery_url=project.bigquery_url,
    )


def finds_known_job(project: Project, provider: Provider) -> bool:
    """Whether the account behind ``provider`` is the one the stored jobs came from; true when none are known."""
    known = project.jobs.filter(gone_at=None)
    listed = [job.name for job in provider.list_page().jobs]
    if not known.exists() or known.filter(name__in=listed).exists():
        return True
    newest = known.order_by("-by_created").values_list("name", flat=True)[:PROBES]
    return any(_exists(provider, name) for name in newest)


def _exists(provider: Provider, name: str) -> bool:
    try:
        provider.get(name)
    except (GoneError, UnaskableError):
        return False
    return True
