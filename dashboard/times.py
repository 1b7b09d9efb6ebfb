"""Moments and durations in words a person reads at a glance, in the time zone of whoever looks."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from django.utils import timezone
from django.utils.safestring import SafeString

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
SECOND = timedelta(seconds=1)


def duration(span: timedelta) -> str:
    """`38 s`, `44 min`, `1 h 12 min`, `2 d 3 h`; never negative."""
    seconds = max(int(span.total_seconds()), 0)
    for place, (size, unit) in enumerate(UNITS):
        if seconds >= size:
            whole, rest = divmod(seconds, size)
            return f"{whole} {unit}{_rest(place, whole, rest)}"
    return "0 s"


def _rest(place: int, whole: int, rest: int) -> str:
    """The next smaller unit, where it still matters: hours beside days, minutes beside hours."""
    if place > 1 or whole >= 10:
        return ""
    size, unit = UNITS[place + 1]
    return f" {rest // size} {unit}" if rest >= size else ""


def rough(span: timedelta) -> str:
    """The largest unit alone: `3 d`, `2 h`, `5 min`, `8 s`."""
    seconds = max(int(span.total_seconds()), 0)
    for size, unit in UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return "0 s"


def ago(moment: datetime, at: datetime) -> str:
    """`3 h ago`, `in 3 h`, `now`; static/js/live.js says the same as time goes by."""
    passed = at - moment
    if passed >= SECOND:
        return f"{rough(passed)} ago"
    return f"in {rough(-passed)}" if passed <= -SECOND else "now"


def clock(moment: datetime, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """``moment`` in the zone of whoever looks, which is named behind it."""
    return timezone.localtime(moment).strftime(f"{pattern} %Z")


def full(moment: datetime) -> str:
    """To the second; beside another zone also in UTC, as logs have it."""
    here = timezone.localtime(moment)
    words, zone = here.isoformat(" ", "seconds")[:19], here.tzname()
    return f"{words} UTC" if zone == "UTC" else f"{words} {zone} · {moment.astimezone(UTC):%H:%M:%S} UTC"


def relative(moment: datetime, at: datetime) -> SafeString:
    """A ``<time>`` that says how long ago, with the absolute moment and its zone on hover."""
    return _time(moment, ago(moment, at), " data-ago")


def absolute(moment: datetime, at: datetime) -> SafeString:
    """A ``<time>`` that says the clock time, with the day when it is not today."""
    today = timezone.localtime(moment).date() == timezone.localtime(at).date()
    return _time(moment, clock(moment, "%H:%M:%S" if today else "%Y-%m-%d %H:%M"), "")


def _time(moment: datetime, text: str, attribute: str) -> SafeString:
    # Made of figures and names of zones alone, so that nothing in it can need escaping
    return SafeString(f"<time {_moment(moment, timezone.get_current_timezone())}{attribute}>{text}</time>")


@lru_cache(maxsize=10_000)
def _moment(moment: datetime, zone: tzinfo) -> str:
    """What stays the same while the words grow old: 100 times a page, and the same on the next."""
    stamp = moment.astimezone(UTC).isoformat(timespec="seconds")
    return f'datetime="{stamp}" title="{full(moment)}"'
