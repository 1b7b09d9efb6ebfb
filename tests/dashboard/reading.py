"""Reading pages as text."""

import re
from typing import Any

from django.test import Client

FRAGMENT = {"HX-Request": "true"}


def get(client: Client, path: str = "/", **options: Any) -> str:
    answer = client.get(path, **options)
    assert answer.status_code == 200
    return answer.content.decode()


def words(html: str) -> str:
    """The text of a page, on one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def rows(html: str) -> list[str]:
    """The text of each job in a list."""
    return [words(row) for row in re.findall(r"<tr id=.*?</tr>", html, re.S)]
