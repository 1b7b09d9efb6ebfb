"""Whether an archive still is what was saved: the original is unpacked and its hash compared."""

import hashlib
from collections.abc import Callable

from jobs.models import Archive

from .archives import open_archive
from .places import Missing

Progress = Callable[[int], None]


def check(archive: Archive, *, progress: Progress = lambda size: None) -> str:
    """ "" when every byte is there; else what is wrong. ``progress(size)`` hears of bytes unpacked."""
    digest, size = hashlib.sha256(), 0
    try:
        with open_archive(archive) as opened:
            for piece in opened.original():
                digest.update(piece)
                size += len(piece)
                progress(len(piece))
    except Missing as exc:
        return str(exc)
    if (digest.hexdigest(), size) == (archive.sha256, archive.size):
        return ""
    return f"The original was {archive.size:,} bytes with sha256 {archive.sha256}; what is stored differs."
