"""Add a project from the command line, where any host may be named: whoever runs it owns the server."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from jobs import projects
from jobs.credentials import Credential
from jobs.management.base import BoardCommand
from jobs.projects import Actor, Draft, ProjectRefused
from jobs.providers import PROVIDERS


class Command(BoardCommand):
    help = "Add a project; its first sync runs with the next tick of the workers, or by `manage.py sync`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--provider", required=True, choices=sorted(PROVIDERS))
        parser.add_argument("--cloud-project", default="", help="id or number (Vertex AI)")
        parser.add_argument("--location", default="", help="such as us-central1 or global (Vertex AI)")
        for option in ("--base-url", "--storage-url", "--bigquery-url"):
            parser.add_argument(option, default="", help="instead of the provider's own host")
        credential = parser.add_mutually_exclusive_group(required=True)
        credential.add_argument("--credential-env", metavar="VAR", help="environment variable that holds the secret")
        credential.add_argument("--credential-file", metavar="FILE", type=Path, help="file that holds the secret")
        credential.add_argument("--adc", action="store_true", help="the server's own Google identity")

    def handle(self, *args: Any, **options: Any) -> None:
        places = ("cloud_project", "location", "base_url", "storage_url", "bigquery_url")
        urls = {place: options[place].rstrip("/") for place in places}
        draft = Draft(options["name"], options["provider"], **urls)
        try:
            projects.add(draft, _credential(options), by=Actor(None, timezone.now()), any_host=True)
        except ProjectRefused as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"Added project “{draft.name}”.")


def _credential(options: dict[str, Any]) -> Credential:
    """API key, service-account file or access token: told apart by the provider and by how the secret looks."""
    if options["adc"]:
        return Credential("adc")
    secret = _secret(options)
    if options["provider"] == "gemini":
        return Credential("api_key", secret)
    return Credential("service_account" if secret.startswith("{") else "access_token", secret)


def _secret(options: dict[str, Any]) -> str:
    if variable := options["credential_env"]:
        if not os.environ.get(variable, "").strip():
            raise CommandError(f"The environment variable {variable} is not set: put the credential in it.")
        return os.environ[variable].strip()
    path: Path = options["credential_file"]
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise CommandError(f"{path} cannot be read ({type(exc).__name__}): name the credential's file.") from exc
