"""What templates put together must be markup a strict reader takes."""

import re

import pytest
from django.test import Client

from jobs.models import Project, User
from tests.conftest import ClientFor
from tests.dashboard.test_access_matrix import NAMES, RULES, address_of
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client", "noon")]

GLUED = re.compile(r'<[a-z][^<>]*="[^"<>]*"[a-z][^<>]*>')
READABLE = [name for name in NAMES if RULES[name]["allowed"].get("GET") == 200]


@pytest.fixture
def browser(client_for: ClientFor, superuser: User) -> Client:
    return client_for(superuser)


@pytest.mark.parametrize("name", READABLE)
def test_no_attribute_runs_into_the_next(name: str, browser: Client, victor: User, project: Project) -> None:
    make_job(project)

    answer = browser.get(address_of(name, project, victor))

    html = answer.getvalue().decode() if "html" in answer["Content-Type"] else ""
    assert GLUED.findall(html) == []


def test_glued_attributes_would_be_found() -> None:
    assert GLUED.findall('<p class="a"id="b"></p> <p class="a" id="b">="c"d</p>') == ['<p class="a"id="b">']
