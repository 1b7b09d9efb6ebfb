"""Size classes: jobs of one model and one class are worth comparing."""

from bisect import bisect_left

LIMITS = (100, 1_000, 10_000, 100_000)
UNKNOWN = -1


def size_class(requests: int | None) -> int:
    """The place of the class: 0 up to 100 requests, 1 up to 1,000, … 4 over 100,000; -1 for an unknown number."""
    if requests is None:
        return UNKNOWN
    return bisect_left(LIMITS, requests)


def size_range(place: int) -> tuple[int, int | None]:
    """The least and the most requests of a class; the last one has no most. Raise IndexError for the unknown class."""
    if place < 0:
        raise IndexError(place)
    return (LIMITS[place - 1] + 1 if place else 0), (LIMITS[place] if place < len(LIMITS) else None)


def size_words(place: int) -> str:
    """`up to 1,000 requests`, `over 100,000 requests`, `unknown size`."""
    if place < 0:
        return "unknown size"
    least, most = size_range(place)
    return f"up to {most:,} requests" if most else f"over {least - 1:,} requests"
