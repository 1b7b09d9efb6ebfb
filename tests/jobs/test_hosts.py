"""Which addresses a web form may name: the providers' own by https, and those the installation allows."""

import pytest
from pytest_django import Settings

from jobs.hosts import refusal

FORM = "Write the address like https://host:port, without user, query or fragment."
OWN = [
    ("gemini", "https://generativelanguage.googleapis.com"),
    ("gemini", "https://generativelanguage.googleapis.com/"),
    ("gemini", "https://generativelanguage.googleapis.com:443"),
    ("gemini", "HTTPS://GenerativeLanguage.GoogleAPIs.com"),
    ("vertex", "https://aiplatform.googleapis.com"),
    ("vertex", "https://us-central1-aiplatform.googleapis.com"),
    ("vertex", "https://aiplatform.us.rep.googleapis.com"),
    ("vertex", "https://aiplatform.eu.rep.googleapis.com"),
    ("vertex", "https://storage.googleapis.com"),
    ("vertex", "https://bigquery.googleapis.com"),
]
FOREIGN = [
    ("gemini", "https://evil.com"),
    ("gemini", "http://generativelanguage.googleapis.com"),
    ("gemini", "https://generativelanguage.googleapis.com:8443"),
    ("gemini", "https://generativelanguage.googleapis.com."),
    ("gemini", "https://generativelanguage.googleapis.com.evil.com"),
    ("gemini", "https://evil.generativelanguage.googleapis.com"),
    ("gemini", "https://evil-generativelanguage.googleapis.com"),
    ("gemini", "https://generativelanguage.googleapis.com%2eevil.com"),
    ("gemini", "https://generativelanguage.googleapis.c\u043em"),
    ("gemini", "https://\uff47enerativelanguage.googleapis.com"),
    ("gemini", "https://xn--generativelanguage-abc.googleapis.com"),
    ("gemini", "https://aiplatform.googleapis.com"),
    ("gemini", "https://127.0.0.1"),
    ("gemini", "https://[::1]"),
    ("gemini", "http://169.254.169.254"),
    ("gemini", "http://localhost:6379"),
    ("vertex", "https://aiplatform.googleapis.com.evil.com"),
    ("vertex", "https://evil.com-aiplatform.googleapis.com.evil.com"),
    ("vertex", "https://-aiplatform.googleapis.com.evil.com"),
    ("vertex", "https://evilaiplatform.googleapis.com"),
    ("vertex", "https://us-central1-aiplatform.googleapis.com:444"),
    ("vertex", "https://us-storage.googleapis.com"),
    ("vertex", "https://generativelanguage.googleapis.com"),
]
MALFORMED = [
    "",
    "generativelanguage.googleapis.com",
    "//generativelanguage.googleapis.com",
    "ftp://generativelanguage.googleapis.com",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://",
    "https:///path",
    "https://user@generativelanguage.googleapis.com",
    "https://user:pw@generativelanguage.googleapis.com",
    "https://:pw@generativelanguage.googleapis.com",
    "https://@generativelanguage.googleapis.com",
    "https://generativelanguage.googleapis.com@evil.com",
    "https://evil.com\\@generativelanguage.googleapis.com",
    "https://generativelanguage.googleapis.com\\.evil.com",
    "https://generativelanguage.googleapis.com?x=1",
    "https://generativelanguage.googleapis.com#x",
    "https://generativelanguage.googleapis.com:x",
    "https://generativelanguage.googleapis.com:99999",
    "https://generativelanguage.googleapis.com:-1",
    "https://[generativelanguage.googleapis.com",
    "https://generativelanguage.google\napis.com",
    "https://generativelanguage.googleapis.com\t",
    " https://generativelanguage.googleapis.com",
    "https://generativelanguage.googleapis.com /",
    "https://generativelanguage.googleapis.com\x00",
    "https://generative\u2100language.googleapis.com",
]


@pytest.mark.parametrize(("provider", "url"), OWN)
def test_the_providers_own_hosts_are_allowed(provider: str, url: str) -> None:
    assert refusal(provider, url) == ""


@pytest.mark.parametrize(("provider", "url"), FOREIGN)
def test_other_hosts_are_refused_by_name(provider: str, url: str) -> None:
    assert refusal(provider, url).endswith(
        " is not a host of the provider; the installation allows others by PROVIDER_HOSTS."
    )


@pytest.mark.parametrize("url", MALFORMED)
@pytest.mark.parametrize("provider", ["gemini", "vertex"])
def test_what_is_no_plain_address_is_refused(provider: str, url: str) -> None:
    assert refusal(provider, url) == FORM


@pytest.mark.parametrize(
    ("allowed", "url", "fine"),
    [
        ("sim", "http://sim:9000", True),
        ("sim", "https://sim", True),
        ("sim:9000", "http://sim:9000", True),
        ("sim:9000", "http://SIM:9000", True),
        ("sim:9000", "http://sim", False),
        ("sim:9000", "http://sim:9001", False),
        ("sim", "http://sim.evil.com", False),
        ("sim", "http://user@sim", False),
        ("", "http://sim", False),
    ],
)
def test_the_installation_allows_further_hosts(settings: Settings, allowed: str, url: str, fine: bool) -> None:
    settings.PROVIDER_HOSTS = [allowed]

    assert (refusal("gemini", url) == "") is fine
