"""Bearer tokens for Google Cloud from whatever credential a project has (google-auth does the work)."""

import threading
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import google.auth
import google.auth.exceptions
import google.auth.transport.requests
from google.oauth2 import service_account

from jobs.credentials import Credential

from .base import CredentialError, TransientError
from .signing import read_service_account

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
TOKEN_TIMEOUT = 30  # seconds; google-auth alone would wait two minutes


class Holder:
    """google-auth's own object and who may refresh it: a slow token service of one project holds up no other."""

    def __init__(self, credentials: Any) -> None:
        self.credentials, self.refreshing = credentials, threading.Lock()

    def token(self) -> str:
        with self.refreshing:
            if not self.credentials.valid:
                self.credentials.refresh(_request())
            return str(self.credentials.token)

    def forget(self) -> None:
        with self.refreshing:
            self.credentials.token = None


def _request() -> Callable[..., Any]:
    """How google-auth asks: in bounded time, only at the address named, and with nothing from a .netrc."""
    request = google.auth.transport.requests.Request()
    request.session.max_redirects = 0
    request.session.trust_env = False
    return partial(request, timeout=TOKEN_TIMEOUT)


def fresh(credential: Credential, base_url: str) -> str:
    """One that is valid still. Raise CredentialError or TransientError."""
    try:
        return holder(credential, base_url).token()
    except google.auth.exceptions.TransportError as exc:
        raise TransientError("Google's token service cannot be reached: check the network.") from exc
    except google.auth.exceptions.RefreshError as exc:
        raise _sort_refresh(exc) from exc
    except (google.auth.exceptions.GoogleAuthError, ValueError) as exc:
        raise CredentialError(
            f"This credential gives no token ({type(exc).__name__}): enter a valid service account, or set up ADC."
        ) from exc


def _sort_refresh(exc: google.auth.exceptions.RefreshError) -> CredentialError | TransientError:
    if getattr(exc, "retryable", False):
        return TransientError("Google's token service has trouble; it is asked again later.")
    return CredentialError("Google gives no token for this credential (revoked or deleted?): rotate it.")


@lru_cache(maxsize=1000)
def holder(credential: Credential, base_url: str) -> Holder:
    """Kept so that a token serves its whole hour."""
    if credential.kind == "adc":
        return Holder(google.auth.default(scopes=SCOPES)[0])
    info = read_service_account(credential.secret, base_url=base_url)
    return Holder(service_account.Credentials.from_service_account_info(info, scopes=SCOPES))
