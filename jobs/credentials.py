"""What signs a project's requests, as a plain value; jobs/vault.py keeps it encrypted."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential in the clear.

    ``kind``: ``api_key``, ``access_token``, ``service_account`` (secret = the JSON file's text) or ``adc``
    (no secret: the server's own identity). The secret never shows in ``repr``.
    """

    kind: str
    secret: str = field(default="", repr=False)
