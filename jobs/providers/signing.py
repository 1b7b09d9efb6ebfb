"""Bearer tokens for Google Cloud from whatever credential a project has (google-auth does the work)."""

import json
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

import google.auth
import google.auth.exceptions
import google.auth.transport.requests
from google.oauth2 import service_account

from jobs.credentials import Credential

from .base import CredentialError, TransientError

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
GOOGLE_TOKEN_HOSTS = frozenset({"oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"})
TOKEN_TIMEOUT = 30  # seconds; google-auth alone would wait two minutes


class _Holder:
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


def bearer(credential: Credential, *, base_url: str = "") -> Callable[[], Mapping[str, str]]:
    """What signs a request; raise CredentialError in one sentence when the credential is not usable."""
    if credential.kind == "access_token":
        header = {"authorization": f"Bearer {credential.secret}"}
        return lambda: header
    return lambda: {"authorization": f"Bearer {_fresh_token(credential, base_url)}"}


def forget(credential: Credential, *, base_url: str = "") -> bool:
    """Drop a token that was refused before its time; whether another one can be had."""
    if credential.kind == "access_token":
        return False
    _holder(credential, base_url).forget()
    return True


def read_service_account(text: str, *, base_url: str = "") -> dict[str, Any]:
    """The pasted JSON file, if it is a service account's and would send its key only to Google.

    Other kinds of credential file can read local files or send the key elsewhere (DESIGN 4). With ``base_url``
    (a simulator) its own host may hand out tokens too.
    """
    try:
        info = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise CredentialError("This is not a JSON file: paste the service account's key file as downloaded.") from exc
    if not isinstance(info, dict) or info.get("type") != "service_account":
        raise CredentialError('The key file must be of "type": "service_account": create one under IAM.')
    if not _is_token_place(str(info.get("token_uri", "")), base_url):
        raise CredentialError("The key file's token_uri is not Google's, so it is not used: download the file anew.")
    return info


def _is_token_place(uri: str, base_url: str) -> bool:
    try:
        place, own = urlsplit(uri), urlsplit(base_url)
    except ValueError:
        return False
    if place.scheme == "https" and place.netloc in GOOGLE_TOKEN_HOSTS:
        return True
    return bool(base_url) and (place.scheme, place.netloc) == (own.scheme, own.netloc)


def _fresh_token(credential: Credential, base_url: str) -> str:
    try:
        return _holder(credential, base_url).token()
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
def _holder(credential: Credential, base_url: str) -> _Holder:
    """Kept so that a token serves its whole hour."""
    if credential.kind == "adc":
        return _Holder(google.auth.default(scopes=SCOPES)[0])
    info = read_service_account(credential.secret, base_url=base_url)
    return _Holder(service_account.Credentials.from_service_account_info(info, scopes=SCOPES))
