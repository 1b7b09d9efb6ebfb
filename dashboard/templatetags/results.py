"""``{{ text|visible }}``: text of others with signs nobody sees named; ``{{ price|plainly }}``: 0.3, not 0.300000."""

from decimal import Decimal

from django.template import Library

from dashboard.visible import visible

register = Library()
register.filter("visible", visible)


@register.filter
def plainly(value: Decimal) -> str:
    return f"{value.normalize():f}"
