"""``{% attention_count as number %}``: how much asks this person for a look."""

from typing import Any

from django.template import Context, Library
from django.utils import timezone

from jobs.models import Attention, User

register = Library()


@register.simple_tag(takes_context=True)
def attention_count(context: Context) -> int:
    user: Any = context.get("user")
    if not isinstance(user, User):
        return 0
    return Attention.objects.visible_to(user).open(timezone.now()).count()
