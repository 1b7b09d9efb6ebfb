"""A folder, taken over by renaming: what lies in it is whole."""

import shutil
from datetime import datetime
from pathlib import Path

from django.core.files.storage import FileSystemStorage

from . import Missing, NotStored, Spooled


class Folder(FileSystemStorage):
    def put(self, name: str, file: Spooled) -> str:
        try:
            return str(self.save(name, file))
        except OSError as exc:
            raise NotStored(name, exc.strerror) from exc

    def read_range(self, name: str, start: int, size: int) -> bytes:
        try:
            with Path(self.path(name)).open("rb") as file:
                file.seek(start)
                return file.read(size)
        except OSError as exc:
            raise Missing(name, exc.strerror) from exc

    def fetch(self, name: str, path: Path) -> None:
        try:
            shutil.copyfile(self.path(name), path)
        except OSError as exc:
            raise Missing(name, exc.strerror) from exc

    def remove(self, name: str) -> bool:
        try:
            self.delete(name)
        except OSError:
            return False
        return True

    def written_at(self, name: str) -> datetime | None:
        try:
            return self.get_modified_time(name)
        except OSError:
            return None
