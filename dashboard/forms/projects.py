"""Forms of projects: what a provider needs to know, and its credential, which is read and never shown again."""

from dataclasses import asdict, replace
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile

from jobs import projects
from jobs.credentials import Credential
from jobs.models import Project, User
from jobs.projects import Draft, ProjectRefused
from jobs.providers import PROVIDERS

KINDS = {
    "api_key": "API key",
    "service_account": "Service account: its JSON key file",
    "access_token": "Access token: lasts an hour, for trying out",
    "adc": "The server's own identity (application default credentials)",
}
MISSING = {
    "api_key": "Enter the API key.",
    "service_account": "Paste the key file's text, or choose the file.",
    "access_token": "Enter the access token.",
}
LARGEST_KEY_FILE = 64_000  # bytes; Google's are about 2,400
HINTS = {
    "cloud_project": "The project's id as the Google Cloud console shows it, such as search-prod-4711.",
    "location": "Where the jobs run, such as us-central1, europe-west4 or global.",
}
URLS = {"base_url": "Base URL", "storage_url": "Storage URL", "bigquery_url": "BigQuery URL"}


class PlaceForm(forms.Form):
    """Name and whereabouts; other hosts than the provider's only where the installation allows some."""

    name = forms.CharField(max_length=100, help_text="As the team calls it; without “/”.")

    def __init__(self, provider: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.provider = provider
        for field in PROVIDERS[provider].fields:
            label = field.replace("_", " ").capitalize()
            self.fields[field] = forms.CharField(label=label, max_length=50, help_text=HINTS.get(field, ""))
        for field in _url_fields(provider):
            self.fields[field] = forms.URLField(label=URLS[field], required=False, assume_scheme="https")

    def draft(self, base: Draft | None = None) -> Draft:
        """What was entered; fields this form does not offer stay as in ``base``."""
        return replace(base or Draft("", self.provider), **self.cleaned_data)

    @property
    def url_fields(self) -> list[forms.BoundField]:
        return [self[field] for field in _url_fields(self.provider)]

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        return [self[field] for field in ("name", *PROVIDERS[self.provider].fields)]


class _Unshown(forms.Textarea):
    """A text area that never gives back what was entered."""

    def format_value(self, value: Any) -> str | None:
        return None


def _secret_line(label: str) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, required=False, max_length=4096, widget=widget)


class CredentialForm(forms.Form):
    """One credential, of a kind that the provider takes and that this person may lend."""

    silent_about_optional = True  # which secret is needed follows from the kind

    credential_kind = forms.ChoiceField(label="Credential", widget=forms.RadioSelect)
    api_key = _secret_line("API key")
    access_token = _secret_line("Access token")
    service_account = forms.CharField(
        label="Key file's text",
        required=False,
        max_length=LARGEST_KEY_FILE,
        widget=_Unshown(attrs={"class": "mono", "spellcheck": "false", "placeholder": '{"type": "service_account", …'}),
    )
    service_account_file = forms.FileField(label="or the file itself", required=False, max_length=200)

    def __init__(self, provider: str, person: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [kind for kind in PROVIDERS[provider].credential_kinds if kind != "adc" or person.is_superuser]
        for field in KINDS.keys() - set(kinds):
            self.fields.pop(field, None)
        if "service_account" not in kinds:
            del self.fields["service_account_file"]
        self._offer(kinds)

    def _offer(self, kinds: list[str]) -> None:
        choice = self.fields["credential_kind"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(kind, KINDS[kind]) for kind in kinds]
        choice.initial = kinds[0]
        if len(kinds) == 1:
            choice.widget = forms.HiddenInput()
            choice.disabled = True  # nothing to choose, so what is sent does not matter

    def clean_service_account_file(self) -> str:
        file: InMemoryUploadedFile | TemporaryUploadedFile | None = self.cleaned_data["service_account_file"]
        if file is None:
            return ""
        if (file.size or 0) > LARGEST_KEY_FILE:
            raise forms.ValidationError("This is too large for a key file: choose the JSON file as downloaded.")
        try:
            return str(file.read(), "utf-8")
        except UnicodeDecodeError as exc:
            raise forms.ValidationError("This is not a text file: choose the JSON file as downloaded.") from exc

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        kind = cleaned.get("credential_kind", "adc")
        if kind != "adc" and not self.errors and not self._secret(kind):
            self.add_error(kind, MISSING[kind])
        return cleaned

    def credential(self) -> Credential:
        kind = self.cleaned_data["credential_kind"]
        return Credential(kind, self._secret(kind))

    def _secret(self, kind: str) -> str:
        pasted = self.cleaned_data.get(kind, "")
        return str(pasted or (self.cleaned_data.get(f"{kind}_file", "") if kind == "service_account" else "")).strip()


class RemoveForm(forms.Form):
    """Typing the name tells that this very project is meant."""

    typed = forms.CharField(label="Type the project's name", widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, project: Project, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed != self.project.name:
            raise forms.ValidationError(f"This is not its name: type {self.project.name}")
        return typed


def environment_key(person: User) -> Credential | None:
    """The server's GEMINI_API_KEY, while this person may use it and no project does."""
    key = Credential("api_key", settings.GEMINI_API_KEY.strip())
    if not person.is_superuser or not key.secret or projects.same_credential(key):
        return None
    return key


def place_values(draft: Draft) -> dict[str, str]:
    """Initial values of a PlaceForm."""
    return asdict(draft)


def complain(refusal: ProjectRefused, *forms_shown: forms.Form) -> None:
    """Put the sentence beside the field it is about, else above the first form."""
    for form in forms_shown:
        field = (
            form["credential_kind"].value() if refusal.field == "secret" and "credential_kind" in form.fields else ""
        )
        for name in (refusal.field, field):
            if name in form.fields:
                return form.add_error(name, str(refusal))
    forms_shown[0].add_error(None, str(refusal))


def first_complaint(*forms_entered: forms.Form) -> str:
    """`Base URL: Enter a valid URL.`, of the first field that was not filled in as it must be."""
    named = ((form[name].label, errors[0]) for form in forms_entered for name, errors in form.errors.items())
    label, sentence = next(named)
    return f"{label}: {sentence}"


def _url_fields(provider: str) -> list[str]:
    if not settings.PROVIDER_HOSTS:
        return []
    return list(URLS) if PROVIDERS[provider].fields else ["base_url"]
