"""Results and requests in Cloud Storage, over its JSON API (WIRE 2.6, 3.1)."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from urllib.parse import quote

from .base import Chunks, Part, TransientError, UnaskableError
from .listing import read_object
from .reading import count, mapping, text
from .streaming import stream
from .wire import Wire

BASE_URL = "https://storage.googleapis.com"
MOST_PAGES = 1000  # of 1,000 objects
LONGEST_NAME = 1024
_ADDRESS = re.compile(r"gs://([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])/(.*)", re.DOTALL)
_FILE = re.compile(r"(.*\.jsonl|(prediction|errors_)[^/]*)", re.DOTALL)
Found = tuple[str, int | None, str]


class CloudStorage:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def parts(self, folder: str) -> list[Part]:
        """Every file of results below ``folder``, by name; also those of shards in folders of their own."""
        bucket, name = _split(folder)
        prefix = name.rstrip("/") + "/"
        found = [each for each in self._objects(bucket, prefix) if _FILE.fullmatch(each[0].rpartition("/")[2])]
        return [_part(bucket, each, each[0].removeprefix(prefix)) for each in sorted(found)]

    def matching(self, address: str) -> list[Part]:
        """The file at ``address``, or those that a pattern with ``*`` means."""
        bucket, name = _split(address)
        objects = self._objects(bucket, name.partition("*")[0])
        found = [each for each in objects if each[0] == name or ("*" in name and fnmatchcase(each[0], name))]
        return [_part(bucket, each, each[0]) for each in sorted(found)]

    def stream(self, part: Part, start: int = 0) -> Chunks:
        bucket, name, generation = _located(part.locator)
        path = f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}"
        version = {"generation": generation} if generation else {}
        try:
            yield from stream(self._wire, path, {"alt": "media", **version}, start=start, size=part.size)
        except TransientError as exc:
            if exc.status == 404:  # of a file this may come as plain text: its description tells what it means
                self._wire.get(path, version)
            raise

    def _objects(self, bucket: str, prefix: str) -> Iterator[Found]:
        """Name, size and generation of each; names of another shape than Google's are passed over."""
        params = {"prefix": prefix, "maxResults": "1000", "projection": "noAcl"}
        for _ in range(MOST_PAGES):
            answer = read_object(self._wire.get(f"/storage/v1/b/{bucket}/o", params))
            items = answer.get("items", [])
            if not isinstance(items, list):
                raise TransientError("The provider's answer is not a list of files; it is asked again later.")
            for item in map(mapping, items):
                if (name := text(item.get("name"), LONGEST_NAME * 4)).startswith(prefix):
                    yield name, count(item.get("size")), text(item.get("generation"), 40)
            if not (token := text(answer.get("nextPageToken"), 8000)):
                return
            params["pageToken"] = token
        raise TransientError("The provider's list of files does not end; it is read again later.")


def _split(address: str) -> tuple[str, str]:
    """Bucket and name of ``gs://bucket/name``."""
    found = _ADDRESS.fullmatch(address)
    if not found or not found[2]:
        raise UnaskableError("This is no place that Cloud Storage can be asked for.")
    return found[1], found[2]


def _part(bucket: str, found: Found, name: str) -> Part:
    address, size, generation = found
    return Part(name, f"gs://{bucket}/{address}#{generation}", size, resumable=True)


def _located(locator: str) -> tuple[str, str, str]:
    address, _, generation = locator.rpartition("#")
    return *_split(address), generation
