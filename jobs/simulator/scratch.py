"""A folder for uploads and their results, gone with the simulator."""

import shutil
import tempfile
import weakref
from pathlib import Path


class Scratch:
    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="batchboard-simulator-"))
        self.remove = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name: str) -> Path:
        return self.folder / name
