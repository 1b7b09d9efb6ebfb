"""allauth's forms with our labels: what a field is for stands beside it, not inside it."""

from typing import Any

from allauth.account import forms
from django.forms import TextInput


class _Labelled:
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        for password in self.fields.keys() & {"password1"}:
            self.fields[password].label = "New password"
        for again in self.fields.keys() & {"password2"}:
            self.fields[again].label = "New password, again"


class SignInForm(_Labelled, forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.label = "User name or e-mail"
        login.widget = TextInput(attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"})
        self.fields["remember"].label = "Keep me signed in on this browser"


class ChangePasswordForm(_Labelled, forms.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = "Current password"


class ResetPasswordForm(_Labelled, forms.ResetPasswordForm):  # type: ignore[misc]
    pass


class SetPasswordByLinkForm(_Labelled, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class SetPasswordForm(_Labelled, forms.SetPasswordForm):  # type: ignore[misc]
    pass
