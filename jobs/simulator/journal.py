"""What was asked of the simulator, without any secret."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import overload
from urllib.parse import parse_qsl, urlencode

SECRET_PARAMETERS = frozenset({"key", "access_token", "upload_id"})
KEPT = 200_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: ``at`` on the account's clock; ``account`` is its name, "" when nobody could be told."""

    at: datetime
    method: str
    path: str
    query: str
    status: int
    account: str


class Journal(Sequence[Entry]):
    """The newest 200,000 requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)

    def clear(self) -> None:
        self._entries.clear()

    def count(self, value: object = None, *, method: str = "", path: str = "") -> int:
        """How many entries have this method and a path in which the regular expression ``path`` is found."""
        pattern = re.compile(path)
        return sum(
            (not method or entry.method == method)
            and bool(pattern.search(entry.path))
            and (value is None or entry == value)
            for entry in list(self._entries)
        )

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return list(self._entries)[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))


def without_secrets(query: str) -> str:
    """The query string with every secret's value struck out."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, "***" if name in SECRET_PARAMETERS else value) for name, value in pairs])
