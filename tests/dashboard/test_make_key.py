"""``manage.py make_key``."""

from io import StringIO

from django.core.management import call_command

from dashboard.environment import fernet_keys


def test_keys_are_new_and_usable() -> None:
    first, second = StringIO(), StringIO()
    call_command("make_key", stdout=first)
    call_command("make_key", stdout=second)

    made = dict(line.split("=", 1) for line in first.getvalue().splitlines())
    assert list(made) == ["SECRET_KEY", "CREDENTIAL_KEYS"]
    assert len(made["SECRET_KEY"]) >= 50
    assert fernet_keys(made["CREDENTIAL_KEYS"]) == [made["CREDENTIAL_KEYS"]]
    assert not set(first.getvalue().splitlines()) & set(second.getvalue().splitlines())
