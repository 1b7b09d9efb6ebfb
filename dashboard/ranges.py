"""Which part of a file a request asks for (RFC 9110, section 14): one range, whole numbers of bytes."""

import re

_ONE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(Exception):
    """No byte of the file lies in the range."""


def wanted(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last; None for the whole, also where the header cannot be understood.

    Several ranges at once are answered with the whole, as the RFC allows. Raise Unsatisfiable.
    """
    found = _ONE.fullmatch(header)
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    if first and last and int(last) < int(first):
        return None
    if start >= end:
        raise Unsatisfiable
    return start, end
