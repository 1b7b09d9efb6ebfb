"""The storages that results may lie in: Django's own for a folder, django-storages for buckets.

Each adds two things to Django's interface: a range of a file without the rest of it, and one kind of error.
"""

from datetime import datetime
from pathlib import Path
from typing import Protocol

from django.core.files import File
from django.core.files.storage import Storage, storages


class Missing(Exception):
    """A stored file is not where it was put, or cannot be read; ``str()`` says so."""

    def __init__(self, name: str, why: object) -> None:
        super().__init__(f"{name} cannot be read from the storage of results: {why}")


class NotStored(Exception):
    """A file could not be put into the storage; ``str()`` says so."""

    def __init__(self, name: str, why: object) -> None:
        super().__init__(f"{name} cannot be put into the storage of results: {why}")


class Spooled(File):  # type: ignore[type-arg]  # Django itself takes none
    """A file that a folder storage takes over by renaming it."""

    def temporary_file_path(self) -> str:
        return str(self.name)


class Place(Protocol):
    def put(self, name: str, file: Spooled) -> str:
        """Keep ``file`` whole or not at all; the name it got. Raise NotStored."""

    def read_range(self, name: str, start: int, size: int) -> bytes:
        """``size`` bytes from ``start``, fewer at the end of the file; raise Missing."""

    def fetch(self, name: str, path: Path) -> None:
        """The whole file into ``path``; raise Missing."""

    def remove(self, name: str) -> bool:
        """Delete what may be gone already; False where the storage does not answer."""

    def written_at(self, name: str) -> datetime | None:
        """None where there is no such file."""


class AnyBucket(Storage):
    """What buckets share beside their backend of django-storages; ``errors`` are those of its client."""

    errors: tuple[type[Exception], ...]

    def put(self, name: str, file: Spooled) -> str:
        try:
            return str(self.save(name, file))
        except self.errors as exc:
            raise NotStored(name, exc) from exc

    def remove(self, name: str) -> bool:
        try:
            self.delete(name)
        except self.errors:
            return False
        return True

    def written_at(self, name: str) -> datetime | None:
        try:
            return self.get_modified_time(name)
        except self.errors:
            return None


def storage() -> Storage:
    return storages["results"]


def place() -> Place:
    return storages["results"]  # type: ignore[return-value]
