"""``{{ text|visible }}``: text of a model or a provider, with signs nobody sees named."""

from django.template import Library

from dashboard.visible import visible

register = Library()
register.filter("visible", visible)
