"""``{{ moment|ago }}``: `3 h ago`, `in 3 h`, with the absolute moment and its zone on hover; – for None."""

from datetime import datetime

from django.template import Library
from django.utils import timezone

from dashboard.times import relative

register = Library()


@register.filter
def ago(moment: datetime | None) -> str:
    return relative(moment, timezone.now()) if moment else "–"
