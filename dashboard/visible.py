"""Text of others as it is: signs that a browser would obey or swallow are named instead."""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString

# Controls but tab and line feed; what turns writing round, joins it unseen or hides in it; half surrogates
_SIGNS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e01ef]"
)


def visible(text: object) -> SafeString:
    """``text`` for HTML, each such sign as its number in a box."""
    parts, last = [], 0
    for found in _SIGNS.finditer(plain := str(text)):
        parts += [escape(plain[last : found.start()]), _box(found[0])]
        last = found.end()
    return SafeString("".join([*parts, escape(plain[last:])]))


def _box(sign: str) -> str:
    return f'<span class="sign">U+{ord(sign):04X}</span>'
