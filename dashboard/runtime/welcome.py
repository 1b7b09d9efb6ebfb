"""How the person who started Batchboard gets in."""

import secrets

import httpx
from django.conf import settings
from django.utils import timezone

from dashboard.accounts import set_password_path
from dashboard.environment import kept_secret
from jobs.models import User

from . import demo as demonstration
from .programs import SINCE, WORLD
from .waiting import wait_until


def greet(*, demo: bool) -> str:
    """Wait until pages answer; the address and how to sign in. Raise TimeoutError when they do not within a minute."""
    if demo:
        demonstration.put_on_board(demonstration.world(settings.DATA_DIR / WORLD), timezone.now())
    place = address(settings.BIND, settings.PORT)
    with httpx.Client(trust_env=False, timeout=2) as client:
        wait_until(lambda: answers(client, f"{place}/health"), f"{place} does not answer; see logs/web.log.")
    sign_in = demo_sign_in() if demo else first_sign_in(place) + mixed_up()
    return f"\nBatchboard is ready: {place}\n{sign_in}\nLogs: {settings.DATA_DIR}/logs. Ctrl-C stops everything.\n"


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds the pages."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 (compared, not bound)
    return f"http://[{shown}]:{port}" if ":" in shown and not shown.startswith("[") else f"http://{shown}:{port}"


def answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.TransportError:
        return False


def demo_sign_in() -> str:
    """The demo's user and the password made at the first start and kept in the data folder."""
    password = kept_secret("DEMO_PASSWORD", settings.DATA_DIR / "keys", lambda: secrets.token_urlsafe(9))
    user, _ = User.objects.get_or_create(username="demo", defaults={"is_superuser": True, "first_name": "Demo"})
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return f"Sign in as “demo” with the password “{password}”."


def mixed_up() -> str:
    """A word of warning where the demo has run with the same data."""
    if not (settings.DATA_DIR / SINCE).exists():
        return ""
    todo = "name another folder by BATCHBOARD_DATA=…"
    return f"\nThe demo has run in {settings.DATA_DIR}, and its projects are there: {todo}"


def first_sign_in(address: str) -> str:
    """A one-time link for the first admin, as long as no superuser can sign in."""
    admins = User.objects.filter(is_superuser=True, is_active=True)
    if any(admin.has_usable_password() for admin in admins):
        return "Sign in with your account."
    admin = admins.first() or User.objects.create_superuser("admin", password=None)
    return f"Set the password of the first admin, “{admin.username}”, once: {address}{set_password_path(admin)}"
