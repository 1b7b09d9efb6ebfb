"""Credentials at rest: encrypted with the installation's keys, never shown again, never logged."""

from functools import lru_cache
from hashlib import blake2b

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from jobs.credentials import Credential


class CredentialUnreadable(Exception):
    """The stored credential was encrypted with a key that is no longer in CREDENTIAL_KEYS."""

    def __init__(self) -> None:
        super().__init__(
            "The stored credential cannot be decrypted with CREDENTIAL_KEYS: restore the old key or enter it anew."
        )


def seal(credential: Credential) -> str:
    return _cipher().encrypt(msgspec.json.encode([credential.kind, credential.secret])).decode()


def unseal(sealed: str) -> Credential:
    """Raise CredentialUnreadable when no present key fits."""
    try:
        opened = _cipher().decrypt(sealed.encode())
    except InvalidToken as exc:
        raise CredentialUnreadable from exc
    return Credential(*msgspec.json.decode(opened, type=tuple[str, str]))


def reseal(sealed: str) -> str:
    """The same credential under the newest key; raise CredentialUnreadable when no present key fits."""
    try:
        return _cipher().rotate(sealed.encode()).decode()
    except InvalidToken as exc:
        raise CredentialUnreadable from exc


def fingerprint(credential: Credential) -> str:
    """Tells whether two projects hold the same secret, without telling the secret."""
    key = settings.SECRET_KEY.encode()[:64]
    return blake2b(f"{credential.kind}:{credential.secret}".encode(), digest_size=16, key=key).hexdigest()


def _cipher() -> MultiFernet:
    return _cipher_of(tuple(settings.CREDENTIAL_KEYS))


@lru_cache(maxsize=4)
def _cipher_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
