"""Google's token endpoint: a signed JWT in, an access token out (RFC 7523)."""

from functools import cached_property
from typing import TYPE_CHECKING

import google.auth.exceptions
import google.auth.jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.wrappers import Request, Response

from jobs.simulator.seeds import digits
from jobs.simulator.wire import reply

if TYPE_CHECKING:
    from jobs.simulator.accounts import VertexAccount

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class ServiceIdentity:
    """The service account of one cloud project; its key is made when first asked for."""

    def __init__(self, cloud_project: str, seed: str) -> None:
        self.cloud_project, self.seed = cloud_project, seed
        self.email = f"batchboard@{cloud_project}.iam.gserviceaccount.com"

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def info(self, base_url: str) -> dict[str, str]:
        """What the console hands out as a JSON file."""
        private = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": self.cloud_project,
            "private_key_id": f"{int(digits(18, self.seed, 'private key')):040x}",
            "private_key": private.decode(),
            "client_email": self.email,
            "client_id": digits(21, self.seed, "client"),
            "token_uri": f"{base_url.rstrip('/')}/token",
        }

    def signed(self, assertion: str, audience: str) -> bool:
        """Whether our key signed this for us, and it has not expired."""
        # The official client names Google's own endpoint even when it asks another.
        audiences = [audience, "https://oauth2.googleapis.com/token"]
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        try:
            google.auth.jwt.decode(assertion, certs=public, audience=audiences, clock_skew_in_seconds=60)
        except (google.auth.exceptions.GoogleAuthError, ValueError):
            return False
        return True


def issuer(assertion: str) -> str:
    """Who claims to have signed; "" when it is no JWT."""
    try:
        return str(google.auth.jwt.decode(assertion, verify=False).get("iss", ""))
    except (google.auth.exceptions.GoogleAuthError, ValueError):
        return ""


def grant(request: Request, accounts: "list[VertexAccount]") -> Response:
    """POST /token."""
    assertion = request.form.get("assertion", "")
    if request.form.get("grant_type") != GRANT:
        return reply({"error": "unsupported_grant_type", "error_description": "Invalid grant_type."}, 400)
    email = issuer(assertion)
    for account in accounts:
        good = account.identity.email == email and account.identity.signed(assertion, request.base_url)
        if good and not account.revoked:
            return reply({"access_token": account.mint(), "expires_in": 3599, "token_type": "Bearer"})
    return reply({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
