"""A bucket of Amazon S3 or of what speaks as it does; an upload is seen when it is complete."""

from pathlib import Path

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from . import AnyBucket, Missing

_ERRORS = (BotoCoreError, ClientError, Boto3Error)


class Bucket(AnyBucket, S3Storage):  # type: ignore[misc]  # the library has no types
    errors = _ERRORS

    def read_range(self, name: str, start: int, size: int) -> bytes:
        try:
            answer = self._object(name).get(Range=f"bytes={start}-{start + size - 1}")
            body: bytes = answer["Body"].read()
        except _ERRORS as exc:
            raise Missing(name, exc) from exc
        return body

    def fetch(self, name: str, path: Path) -> None:
        try:
            self._object(name).download_file(str(path))
        except _ERRORS as exc:
            raise Missing(name, exc) from exc

    def _object(self, name: str):  # type: ignore[no-untyped-def]  # boto3 has no types
        return self.bucket.Object(self._normalize_name(name))
