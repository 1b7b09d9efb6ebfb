"""Where pages find their style sheets, scripts and icons."""

from functools import cache
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it has no types
    """Each address is made once: a page asks for thirty, and they never change while a process lives."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = cache(super().url)

    def url(self, name: str | None, force: bool = False) -> str:
        return str(self.address(name, force))
