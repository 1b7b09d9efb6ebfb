"""Which hosts a project may be sent to: the providers' own, and those the installation allows (DESIGN 4)."""

from urllib.parse import urlsplit

from django.conf import settings

from jobs.providers import PROVIDERS


def refusal(provider: str, url: str) -> str:
    """Why a web form may not name ``url``; "" when it may."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query or parts.fragment:
        return "Write the address like https://host:port, without user, query or fragment."
    own = parts.scheme == "https" and parts.port in (None, 443) and _is_own(provider, parts.hostname)
    if own or _allowed(parts.hostname, parts.netloc):
        return ""
    return f"{parts.hostname} is not a host of the provider; the installation allows others by PROVIDER_HOSTS."


def _is_own(provider: str, host: str) -> bool:
    kinds = PROVIDERS[provider].hosts
    return any(host == own or (own.startswith("aiplatform.") and host.endswith(f"-{own}")) for own in kinds)


def _allowed(host: str, netloc: str) -> bool:
    return host in settings.PROVIDER_HOSTS or netloc in settings.PROVIDER_HOSTS
