"""``{{ text|visible }}``: text with signs nobody sees named; ``{{ price|plainly }}``: 0.30 and 0.075, not 0.300000."""

from decimal import Decimal

from django.template import Library

from dashboard.visible import visible

register = Library()
register.filter("visible", visible)


@register.filter
def plainly(value: Decimal) -> str:
    exact = f"{value.normalize():f}"
    return exact if len(exact.partition(".")[2]) > 2 else f"{value:.2f}"
