"""A bucket of Google Cloud Storage; an upload is seen when it is complete."""

from pathlib import Path

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.exceptions import GoogleCloudError
from requests import RequestException
from storages.backends.gcloud import GoogleCloudStorage

from . import AnyBucket, Missing

_ERRORS = (GoogleAPIError, GoogleCloudError, GoogleAuthError, RequestException)


class Bucket(AnyBucket, GoogleCloudStorage):  # type: ignore[misc]  # the library has no types
    errors = _ERRORS

    def read_range(self, name: str, start: int, size: int) -> bytes:
        try:
            body: bytes = self._blob(name).download_as_bytes(start=start, end=start + size - 1)
        except _ERRORS as exc:
            raise Missing(name, exc) from exc
        return body

    def fetch(self, name: str, path: Path) -> None:
        try:
            self._blob(name).download_to_filename(str(path))
        except _ERRORS as exc:
            raise Missing(name, exc) from exc

    def _blob(self, name: str):  # type: ignore[no-untyped-def]  # google-cloud-storage has no types
        return self.bucket.blob(self._normalize_name(name))
