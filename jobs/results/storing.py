"""Where archives lie: Django's storage ``results``, a folder or a bucket (DESIGN 7).

Files are written whole in a spool folder of this machine and then moved: a rename in a folder, one complete upload to
a bucket. So what is in the storage is whole, and what a killed worker left lies in the spool or belongs to no row.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from django.conf import settings
from django.db.models import Sum

from jobs.models import Archive, Export

from .places import Missing, Spooled, place, storage

log = logging.getLogger(__name__)

GIB = 2**30
ORPHAN_AGE = timedelta(hours=2)  # longer than any lease: nobody is about to name the file in a row


class NoRoom(Exception):
    """Archiving stops before the disk is full; ``str()`` says what to do."""


@contextmanager
def spool() -> Iterator[Path]:
    """A folder of one's own for files on their way, gone afterwards."""
    parent = settings.RESULTS_FOLDER / ".spool"
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def keep(path: Path, name: str) -> str:
    """Move ``path`` into the storage; the name it got there. Raise NotStored."""
    with path.open("rb") as file:
        return place().put(name, Spooled(file, str(path)))


def drop(names: Iterable[str]) -> None:
    """Delete stored files, those already gone included; what a storage does not delete now, ``sweep`` does later."""
    for name in filter(None, names):
        if not place().remove(name):
            log.warning("not deleted from the storage of results: %s", name)


# Room


def check_room(coming: int = 0) -> None:
    """Raise NoRoom when ``coming`` bytes more would pass the quota or leave too little of the disk free."""
    settings.RESULTS_FOLDER.mkdir(parents=True, exist_ok=True, mode=0o700)
    free = shutil.disk_usage(settings.RESULTS_FOLDER).free
    if free - coming < settings.RESULTS_MIN_FREE_GB * GIB:
        raise NoRoom(
            f"Only {free / GIB:.1f} GiB of the disk are free, so no results are saved:"
            " make room in the data folder, or set RESULTS_STORAGE_URL to a bucket."
        )
    if settings.RESULTS_QUOTA_GB and used() + coming > settings.RESULTS_QUOTA_GB * GIB:
        raise NoRoom(
            f"Archives take all of RESULTS_QUOTA_GB ({settings.RESULTS_QUOTA_GB} GiB), so no more are saved:"
            " raise it, or delete jobs whose results nobody needs."
        )


def used() -> int:
    """Bytes stored, as the rows have it."""
    archives = Archive.objects.aggregate(stored=Sum("stored_size"))["stored"] or 0
    exports = Export.objects.aggregate(stored=Sum("size"))["stored"] or 0
    return archives + exports


# Reading


def read_range(name: str, start: int, size: int) -> bytes:
    """``size`` bytes of a stored file from ``start``; raise Missing when they are not there."""
    body = place().read_range(name, start, size)
    if len(body) != size:
        raise Missing(name, "it is shorter than it was.")
    return body


def local_path(name: str) -> Path:
    """The file itself in a folder; else a copy kept in this machine's cache. Raise Missing when it is not there."""
    try:
        path = Path(storage().path(name))
    except NotImplementedError:
        return _cached(name)
    if not path.is_file():
        raise Missing(name, "there is no such file.")
    return path


def _cached(name: str) -> Path:
    cache: Path = settings.RESULTS_FOLDER / ".cache"
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = cache / blake2b(name.encode(), digest_size=16).hexdigest()
    if path.exists():
        os.utime(path)  # used now: the oldest go first
        return path
    with spool() as folder:
        place().fetch(name, folder / "copy")
        _evict(cache, settings.RESULTS_CACHE_GB * GIB - (folder / "copy").stat().st_size)
        (folder / "copy").rename(path)
    return path


def _evict(cache: Path, room: int) -> None:
    """Delete what was not used for longest until the rest fits into ``room`` bytes. An open file stays readable."""
    files = sorted(((file.stat().st_mtime, file.stat().st_size, file) for file in cache.iterdir()), reverse=True)
    for _, size, file in files:
        room -= size
        if room < 0:
            file.unlink(missing_ok=True)


# Orphans


def sweep(at: datetime) -> int:
    """Delete what no row names and no worker is writing; how many files went."""
    return _sweep_spool(at) + _sweep_storage(at)


def _sweep_spool(at: datetime) -> int:
    spooled = settings.RESULTS_FOLDER / ".spool"
    paths = list(spooled.iterdir()) if spooled.is_dir() else []
    old = [path for path in paths if path.stat().st_mtime < (at - ORPHAN_AGE).timestamp()]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)


def _sweep_storage(at: datetime) -> int:
    swept = 0
    for folder in _folders(""):
        names = [f"{folder}/{file}" for file in storage().listdir(folder)[1]]
        orphans = [name for name in set(names) - _named(folder) if _is_old(name, at)]
        drop(orphans)
        swept += len(orphans)
    return swept


def _folders(top: str) -> list[str]:
    """One a project."""
    try:
        return [folder for folder in storage().listdir(top)[0] if folder.isdigit()]
    except FileNotFoundError:
        return []


def _named(folder: str) -> set[str]:
    archives = Archive.objects.filter(job__project=int(folder))
    columns = archives.values_list("file", "index_file", "input_file", "input_index")
    exports = Export.objects.filter(archive__job__project=int(folder)).values_list("file", flat=True)
    return {name for row in columns.iterator() for name in row} | set(exports)


def _is_old(name: str, at: datetime) -> bool:
    written = place().written_at(name)
    return written is not None and written < at - ORPHAN_AGE
