"""``manage.py make_key``: what every process of an installation must share."""

from typing import Any

from django.core.management.base import BaseCommand

from dashboard.environment import new_fernet_key, new_secret


class Command(BaseCommand):
    help = "Print a new SECRET_KEY and a new key for CREDENTIAL_KEYS, ready for .env."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"SECRET_KEY={new_secret()}")
        self.stdout.write(f"CREDENTIAL_KEYS={new_fernet_key()}")
