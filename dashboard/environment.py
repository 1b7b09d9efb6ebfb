"""How settings are read: every value from the environment, nonsense refused in one sentence."""

import os
import secrets
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, validate

LONGEST_SOCKET_PATH = 100  # bytes; Linux takes 107, macOS 103


class Environment(Env):
    """Reads settings one by one; ``refuse_nonsense`` then names everything that was not understood."""

    def __init__(self) -> None:
        super().__init__(eager=False)

    def integer(self, name: str, default: int, *, least: int, most: int) -> Any:
        return self.int(name, default, validate=validate.Range(min=least, max=most))

    def refuse_nonsense(self) -> None:
        try:
            self.seal()
        except EnvValidationError as exc:
            raise ImproperlyConfigured(f"Environment not understood: {exc.error_messages}") from exc


def kept_secret(name: str, folder: Path, make: Any) -> str:
    """The secret in ``name``, else the one kept in ``folder`` since the first start (mode 0600)."""
    if given := os.environ.get(name):
        return given
    path = folder / name.lower()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(make())
    return path.read_text().strip()


def fernet_keys(text: str) -> list[str]:
    """The comma-separated keys of ``CREDENTIAL_KEYS``: the first encrypts, all decrypt."""
    keys = [key.strip() for key in text.split(",") if key.strip()]
    try:
        for key in keys:
            Fernet(key)
    except ValueError as exc:
        raise ImproperlyConfigured(
            "CREDENTIAL_KEYS must hold Fernet keys: make one with `manage.py make_key`."
        ) from exc
    if not keys:
        raise ImproperlyConfigured("CREDENTIAL_KEYS is empty: make a key with `manage.py make_key`.")
    return keys


def broker_socket(data: Path) -> Path:
    """Where the embedded broker listens: in the data folder, or under /tmp when the system's limit forbids."""
    socket = data / "broker" / "valkey.sock"
    if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH:
        return socket
    name = blake2b(os.fsencode(data), digest_size=8).hexdigest()
    return Path(f"/tmp/batchboard-{os.getuid()}-{name}/valkey.sock")  # noqa: S108 (checked for its owner at the start)


def broker_url(redis_url: str) -> str:
    """The same server as Celery spells it: redis-py says ``unix://``, kombu ``redis+socket://``."""
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")


def checked_redis_url(url: str) -> str:
    if urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")  # may hold a password
    return url


def results_storage(url: str, folder: Path) -> dict[str, Any]:
    """Django's STORAGES entry for archives: ``folder``, or the bucket of an ``s3://`` or ``gs://`` address.

    What stands behind “?” are options of django-storages, such as ``endpoint_url`` or ``region_name``.
    """
    if not url:
        return {"BACKEND": "jobs.results.places.folder.Folder", "OPTIONS": {"location": folder}}
    parts = urlsplit(url)
    if parts.scheme not in ("s3", "gs") or not parts.netloc:
        raise ImproperlyConfigured("RESULTS_STORAGE_URL must be like s3://bucket/folder or gs://bucket/folder.")
    options = {"bucket_name": parts.netloc, "location": parts.path.strip("/"), **dict(parse_qsl(parts.query))}
    kind = "s3" if parts.scheme == "s3" else "gcs"
    return {"BACKEND": f"jobs.results.places.{kind}.Bucket", "OPTIONS": options}


def new_secret() -> str:
    return secrets.token_urlsafe(50)


def new_fernet_key() -> str:
    return Fernet.generate_key().decode()
