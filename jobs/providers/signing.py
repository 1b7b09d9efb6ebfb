"""Bearer tokens for Google Cloud from whatever credential a project has (google-auth does the work)."""

import json
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
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
_refreshing = threading.Lock()


def bearer(credential: Credential, *, base_url: str = "") -> Callable[[], Mapping[str, str]]:
    """What signs a request; raise CredentialError in one sentence when the credential is not usable."""
    if credential.kind == "access_token":
        header = {"authorization": f"Bearer {credential.secret}"}
        return lambda: header
    return lambda: {"authorization": f"Bearer {_fresh_token(credential, base_url)}"}


def read_service_account(text: str, *, base_url: str = "") -> dict[str, Any]:
    """The pasted JSON file, if it is a service account's and would send its key only to Google.

    Other kinds of credential file can read local files or send the key elsewhere (DESIGN 4). With ``base_url``
    (a simulator) its own host may hand out tokens too.
    """
    try:
        info = json.loads(text)
    except ValueError as exc:
        raise CredentialError("This is not a JSON file: paste the service account's key file as downloaded.") from exc
    if not isinstance(info, dict) or info.get("type") != "service_account":
        raise CredentialError('The key file must be of "type": "service_account": create one under IAM.')
    place = urlsplit(str(info.get("token_uri", "")))
    google_host = place.scheme == "https" and place.netloc in GOOGLE_TOKEN_HOSTS
    if not google_host and (not base_url or place.netloc != urlsplit(base_url).netloc):
        raise CredentialError("The key file's token_uri is not Google's, so it is not used: download the file anew.")
    return info


def _fresh_token(credential: Credential, base_url: str) -> str:
    try:
        holder = _holder(credential, base_url)
        with _refreshing:
            if not holder.valid:
                holder.refresh(google.auth.transport.requests.Request())
            return str(holder.token)
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
def _holder(credential: Credential, base_url: str) -> Any:
    """google-auth's own object, kept so that a token serves its whole hour."""
    if credential.kind == "adc":
        return google.auth.default(scopes=SCOPES)[0]
    info = read_service_account(credential.secret, base_url=base_url)
    return service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
