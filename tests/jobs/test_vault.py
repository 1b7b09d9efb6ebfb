"""Credentials at rest: unreadable without the keys, readable through a change of keys, one sentence when not."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from pytest_django import Settings

from jobs.connections import account_of
from jobs.credentials import Credential
from jobs.models import Project
from jobs.providers.base import CredentialError
from jobs.vault import CredentialUnreadable, fingerprint, reseal, seal, unseal
from tests.conftest import MakeProject

SECRET = "AIzaSyVerySecretIndeed"
KEY = Credential("api_key", SECRET)
SENTENCE = "The stored credential cannot be decrypted with CREDENTIAL_KEYS: restore the old key or enter it anew."


def use_keys(settings: Settings, *keys: str) -> None:
    settings.CREDENTIAL_KEYS = list(keys)


@pytest.mark.parametrize("secret", ["", SECRET, "é\n\x00\U0001f511", "x" * 100_000, '{"type": "service_account"}'])
def test_what_is_sealed_comes_back(secret: str) -> None:
    assert unseal(seal(Credential("service_account", secret))) == Credential("service_account", secret)


def test_a_sealed_secret_shows_nothing_and_never_looks_the_same() -> None:
    first, second = seal(KEY), seal(KEY)

    assert first != second
    assert SECRET not in first and "api_key" not in first


def test_a_credential_shows_no_secret() -> None:
    assert (repr(KEY), str(KEY)) == ("Credential(kind='api_key')",) * 2


@pytest.mark.django_db
def test_no_column_of_a_project_holds_the_secret(make_project: MakeProject) -> None:
    project = make_project(credential=KEY)

    row = Project.objects.filter(pk=project.pk).values().get()

    assert SECRET not in str(row)
    assert project.open_credential() == KEY


def test_a_fingerprint_tells_same_from_other_and_not_what() -> None:
    other = Credential("access_token", SECRET)

    assert fingerprint(KEY) == fingerprint(Credential("api_key", SECRET)) != fingerprint(other)
    assert len(fingerprint(KEY)) == 32 and SECRET not in fingerprint(KEY)


def test_a_fingerprint_is_the_installations_own(settings: Settings) -> None:
    here = fingerprint(KEY)
    settings.SECRET_KEY = "another installation's key"

    assert fingerprint(KEY) != here


@pytest.mark.parametrize("sealed", ["", "nonsense", "é", "gAAAAAB" + "x" * 100])
def test_what_was_never_sealed_is_unreadable_in_one_sentence(sealed: str) -> None:
    for use in (unseal, reseal):
        with pytest.raises(CredentialUnreadable) as unreadable:
            use(sealed)
        assert str(unreadable.value) == SENTENCE


def test_another_key_reads_nothing(settings: Settings) -> None:
    sealed = seal(KEY)
    use_keys(settings, Fernet.generate_key().decode())

    for use in (unseal, reseal):
        with pytest.raises(CredentialUnreadable):
            use(sealed)


def test_a_new_key_in_front_still_reads_the_old(settings: Settings) -> None:
    old, new = settings.CREDENTIAL_KEYS[0], Fernet.generate_key().decode()
    sealed = seal(KEY)
    use_keys(settings, new, old)
    resealed = reseal(sealed)

    use_keys(settings, new)

    assert unseal(resealed) == KEY
    with pytest.raises(CredentialUnreadable):
        unseal(sealed)


def test_rotate_keys_lets_the_old_key_go(make_project: MakeProject, settings: Settings) -> None:
    project, old, new = make_project(credential=KEY), settings.CREDENTIAL_KEYS[0], Fernet.generate_key().decode()
    use_keys(settings, new, old)
    said = StringIO()
    call_command("rotate_keys", stdout=said)

    use_keys(settings, new)
    project.refresh_from_db()

    assert project.open_credential() == KEY
    assert said.getvalue() == "All credentials are encrypted with the newest key.\n"


def test_rotate_keys_names_what_no_key_fits_and_does_the_rest(make_project: MakeProject, settings: Settings) -> None:
    make_project(name="lost", credential=KEY)
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    use_keys(settings, old)
    kept = make_project(name="zebra", credential=KEY)
    use_keys(settings, new, old)

    with pytest.raises(CommandError) as error:
        call_command("rotate_keys")
    use_keys(settings, new)
    kept.refresh_from_db()

    assert str(error.value) == "No present key fits lost: enter these credentials anew."
    assert kept.open_credential() == KEY


def test_a_project_whose_credential_is_unreadable_has_a_credential_problem(
    make_project: MakeProject, settings: Settings
) -> None:
    project = make_project(credential=KEY)
    use_keys(settings, Fernet.generate_key().decode())

    with pytest.raises(CredentialError) as error:
        account_of(project)
    assert str(error.value) == SENTENCE
