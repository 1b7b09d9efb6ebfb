"""Which hosts a project may be sent to: the providers' own, and those the installation allows (DESIGN 4)."""

import re
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from jobs.providers import PROVIDERS

_PLAIN = re.compile(r"https?://[^/?#@\\\s]+(/[^?#\\\s]*)?", re.IGNORECASE)


def refusal(provider: str, url: str) -> str:
    """Why a web form may not name ``url``; "" when it may."""
    parts = _read(url)
    if parts is None or parts.hostname is None:
        return "Write the address like https://host:port, without user, query or fragment."
    own = parts.scheme == "https" and parts.port in (None, 443) and _is_own(provider, parts.hostname)
    if own or _allowed(parts.hostname, parts.netloc.lower()):
        return ""
    return f"{parts.hostname} is not a host of the provider; the installation allows others by PROVIDER_HOSTS."


def _read(url: str) -> SplitResult | None:
    """None for what is no plain address: different readers would find different hosts in it."""
    if not url.isprintable() or not _PLAIN.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None  # reading the port tells whether it is one
    except ValueError:
        return None


def _is_own(provider: str, host: str) -> bool:
    kinds = PROVIDERS[provider].hosts
    return any(host == own or _is_regional(host, own) for own in kinds)


def _is_regional(host: str, own: str) -> bool:
    """``us-central1-aiplatform.googleapis.com`` (WIRE 2.1)."""
    return own == "aiplatform.googleapis.com" and host.endswith(f"-{own}")


def _allowed(host: str, netloc: str) -> bool:
    return host in settings.PROVIDER_HOSTS or netloc in settings.PROVIDER_HOSTS
