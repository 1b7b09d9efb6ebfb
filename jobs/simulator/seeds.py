"""Choices that depend on a seed alone: the same seed gives the same world on every machine."""

import random
import string
import zlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
ALPHANUMERIC = string.ascii_lowercase + string.digits


def dice(*parts: object) -> random.Random:
    """A random generator of its own for whatever ``parts`` name."""
    return random.Random(":".join(map(str, parts)))


def mark(*parts: object) -> int:
    """32 bits of ``parts``; far cheaper than dice, for the millions of result lines."""
    return zlib.crc32(":".join(map(str, parts)).encode())


def word(length: int, *parts: object, alphabet: str = ALPHANUMERIC) -> str:
    return "".join(dice(*parts).choices(alphabet, k=length))


def digits(length: int, *parts: object) -> str:
    """Digits without a leading zero, as cloud ids are."""
    return word(1, "first", *parts, alphabet="123456789") + word(length - 1, *parts, alphabet=string.digits)


def pick(options: Sequence[T], *parts: object) -> T:
    return options[mark(*parts) % len(options)]
