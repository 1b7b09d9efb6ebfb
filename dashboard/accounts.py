"""Sign-in rules: nobody signs up; an admin invites with a one-time link."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db.models import Max
from django.http import HttpRequest
from django.urls import reverse

from jobs.models import AuditEntry, User

ENDS_LINKS = ("make password link", "deactivate person")


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class LinkTokens(PasswordResetTokenGenerator):
    """Tokens of set-password links: valid PASSWORD_RESET_TIMEOUT seconds, once, for active people only.

    A link ends when an admin makes another one or deactivates the person: it may have gone astray.
    """

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        told = AuditEntry.objects.filter(target_kind="user", target_id=user.pk, verb__in=ENDS_LINKS)
        return f"{super()._make_hash_value(user, timestamp)} {told.aggregate(last=Max('pk'))['last']}"

    def check_token(self, user: User | None, token: str | None) -> bool:
        return bool(user and user.is_active) and super().check_token(user, token)


def set_password_path(user: User) -> str:
    """The path of a one-time page where ``user`` sets a password and is signed in."""
    key = LinkTokens().make_token(user)
    return reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])
