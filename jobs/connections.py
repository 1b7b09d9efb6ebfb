"""Where a stored project becomes a connection: models and providers meet here."""

from functools import partial

from jobs import budget
from jobs.models import Project
from jobs.providers import PROVIDERS
from jobs.providers.base import Account, CredentialError, Provider, ProviderKind
from jobs.vault import CredentialUnreadable


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
