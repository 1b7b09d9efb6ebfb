"""What signs requests to Google Cloud, and which key files may."""

import json
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from jobs.credentials import Credential

from .base import CredentialError

GOOGLE_TOKEN_HOSTS = frozenset({"oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"})


def bearer(credential: Credential, *, base_url: str = "") -> Callable[[], Mapping[str, str]]:
    """What signs a request; raise CredentialError in one sentence when the credential is not usable."""
    if credential.kind == "access_token":
        header = {"authorization": f"Bearer {credential.secret}"}
        return lambda: header
    tokens = _tokens()
    return lambda: {"authorization": f"Bearer {tokens.fresh(credential, base_url)}"}


def forget(credential: Credential, *, base_url: str = "") -> bool:
    """Drop a token that was refused before its time; whether another one can be had."""
    if credential.kind == "access_token":
        return False
    _tokens().holder(credential, base_url).forget()
    return True


def _tokens() -> ModuleType:
    """Not loaded before it is needed: google-auth takes a third of a second and 20 MB of each process."""
    from . import tokens

    return tokens


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
