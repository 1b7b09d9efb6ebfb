"""Signing in and out, forgotten passwords, and what keeps strangers out."""

import pytest
import redis
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertRedirects

from dashboard.accounts import set_password_path
from jobs.models import User

PASSWORD = "an unusual sentence"

pytestmark = pytest.mark.usefixtures("redis_client", "quick_hashes")


@pytest.fixture
def quick_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def dana(db: None) -> User:
    return User.objects.create_user("dana", email="dana@example.com", password=PASSWORD)


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def sign_in(client: Client, name: str, password: str = PASSWORD) -> str:
    return client.post(reverse("account_login"), {"login": name, "password": password}).content.decode()


@pytest.mark.parametrize("name", ["dana", "dana@example.com", "DANA@example.com"])
def test_signs_in_by_user_name_or_mail(client: Client, dana: User, name: str) -> None:
    sign_in(client, name)

    assert signed_in(client)


def test_says_the_same_for_a_wrong_password_and_an_unknown_person(client: Client, dana: User) -> None:
    sentence = "The username and/or password you specified are not correct."

    assert sentence in sign_in(client, "dana", "wrong")
    assert sentence in sign_in(client, "nobody", "wrong")
    assert not signed_in(client)


def test_five_wrong_passwords_close_the_account_for_a_while(client: Client, dana: User) -> None:
    for _ in range(5):
        sign_in(client, "dana", "wrong")

    page = sign_in(client, "dana")

    assert "Too many failed login attempts. Try again later." in page
    assert not signed_in(client)


def test_many_attempts_from_one_address_are_refused_with_a_page(client: Client, dana: User) -> None:
    for _ in range(60):
        sign_in(client, "dana", "wrong")

    answer = client.post(reverse("account_login"), {"login": "dana", "password": PASSWORD})

    assertContains(answer, "Wait five minutes, then try again.", status_code=429)


def test_a_deactivated_person_cannot_sign_in(client: Client, dana: User) -> None:
    User.objects.update(is_active=False)

    sign_in(client, "dana")

    assert not signed_in(client)


def test_signing_out_needs_a_post(client: Client, dana: User) -> None:
    sign_in(client, "dana")

    client.get(reverse("account_logout"))
    assert signed_in(client)
    client.post(reverse("account_logout"))
    assert not signed_in(client)


def test_nobody_can_sign_up(client: Client, db: None) -> None:
    assert client.get("/accounts/signup/").status_code == 404
    assert client.post("/accounts/signup/", {"username": "me"}).status_code == 404


def test_the_link_sets_a_password_once_and_signs_in(client: Client, dana: User) -> None:
    link = set_password_path(dana)
    form = client.get(link, follow=True)
    new = "another unusual sentence"

    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})

    dana.refresh_from_db()
    assert signed_in(client)
    assert dana.check_password(new)
    assertContains(Client().get(link), "This link no longer works")


def test_the_link_of_a_deactivated_person_is_dead(client: Client, dana: User) -> None:
    link = set_password_path(dana)
    User.objects.update(is_active=False)

    assertContains(client.get(link), "This link no longer works")


def test_the_link_dies_after_three_days(client: Client, dana: User, settings: Settings) -> None:
    link = set_password_path(dana)
    assert settings.PASSWORD_RESET_TIMEOUT == 3 * 24 * 60 * 60

    settings.PASSWORD_RESET_TIMEOUT = -1

    assertContains(client.get(link), "This link no longer works")


def test_a_weak_password_is_refused(client: Client, dana: User) -> None:
    form = client.get(set_password_path(dana), follow=True)

    answer = client.post(form.request["PATH_INFO"], {"password1": "12345678", "password2": "12345678"})

    assertContains(answer, "This password is too common.")
    assert not signed_in(client)


def test_without_mail_the_forgotten_page_names_the_admin(client: Client, db: None) -> None:
    assertContains(client.get(reverse("account_reset_password")), "Ask an admin for a set-password link")


def test_with_mail_a_link_is_sent(client: Client, dana: User, settings: Settings) -> None:
    settings.EMAIL_CONFIGURED = True

    answer = client.post(reverse("account_reset_password"), {"email": "dana@example.com"})

    assertRedirects(answer, reverse("account_reset_password_done"))
    assert mail.outbox[0].to == ["dana@example.com"]
    assert "/accounts/password/reset/key/" in str(mail.outbox[0].body)


def test_an_unknown_address_is_answered_alike_and_gets_no_mail(client: Client, db: None, settings: Settings) -> None:
    settings.EMAIL_CONFIGURED = True

    answer = client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})

    assertRedirects(answer, reverse("account_reset_password_done"))
    assert mail.outbox == []


def test_changing_the_password_ends_other_sessions(client: Client, dana: User) -> None:
    elsewhere = Client()
    sign_in(elsewhere, "dana")
    sign_in(client, "dana")
    new = "another unusual sentence"

    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client.post(reverse("account_change_password"), form)

    assert client.get(reverse("account_change_password")).status_code == 200
    assert elsewhere.get(reverse("account_change_password")).status_code == 302


def test_an_unknown_page_says_what_to_do(client: Client, dana: User) -> None:
    client.force_login(dana, backend="django.contrib.auth.backends.ModelBackend")

    assertContains(client.get("/nowhere/"), "Check the address", status_code=404)


def test_a_form_without_its_token_says_what_to_do(dana: User) -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post(reverse("account_login"), {"login": "dana", "password": PASSWORD})

    assertContains(answer, "Reload the page you came from", status_code=403)


def test_throttling_lives_in_the_shared_redis(client: Client, dana: User, redis_client: "redis.Redis") -> None:
    sign_in(client, "dana", "wrong")

    assert any(b"login_failed" in key for key in redis_client.scan_iter())
