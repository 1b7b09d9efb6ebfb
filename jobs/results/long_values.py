"""Walls of base64 and of numbers in a JSON text, named by their size instead."""

import re

# In JSON with line breaks; a line break inside a string is written as \n, so model text is never taken for it
_NUMBERS = re.compile(r"\[((?:\n +-?[0-9][0-9.eE+-]*,?){17,})\n *\]")
_BASE64 = re.compile(r'(?<!\\)"([A-Za-z0-9+/_=-]{1000,})"')
UNITS = ("bytes", "KB", "MB", "GB", "TB")


def shorten(text: str) -> str:
    """``text`` with long arrays of numbers and long base64 replaced by what they are."""
    text = _NUMBERS.sub(lambda found: f"[ … {found[1].count(chr(10)):,} numbers … ]", text)
    return _BASE64.sub(lambda found: f'"… {size_words(len(found[1]) * 3 // 4)} of base64 …"', text)


def size_words(size: int) -> str:
    """`12 bytes`, `1.5 KB`, `123 KB`, `2.1 GB`; a KB is 1,000 bytes."""
    amount, unit = float(size), UNITS[0]
    for unit in UNITS:
        if amount < 999.5 or unit == UNITS[-1]:
            break
        amount /= 1000
    return f"{amount:.1f} {unit}" if amount < 9.95 and unit != UNITS[0] else f"{amount:,.0f} {unit}"
