"""What compiled templates may call: those of templates/compiled, which Jinja makes into Python once."""

from functools import cache
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.text import capfirst
from jinja2 import Environment


def environment(**options: Any) -> Environment:
    made = Environment(**options)  # noqa: S701 - Django gives it autoescape=True
    made.globals |= {"static": static, "url": cache(reverse)}
    made.filters["capfirst"] = capfirst
    return made
