"""Encrypt every stored credential with the first of CREDENTIAL_KEYS, so that older keys can be dropped."""

from typing import Any

from django.core.management.base import CommandError

from jobs.management.base import BoardCommand
from jobs.models import Project
from jobs.vault import CredentialUnreadable, reseal


class Command(BoardCommand):
    help = "Re-encrypt the stored credentials with the newest of CREDENTIAL_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = []
        for project in Project.objects.exclude(credential=""):
            try:
                mine = Project.objects.filter(pk=project.pk, credential=project.credential)  # not one entered meanwhile
                mine.update(credential=reseal(project.credential))
            except CredentialUnreadable:
                unreadable.append(project.name)
        if unreadable:
            raise CommandError(f"No present key fits {', '.join(unreadable)}: enter these credentials anew.")
        self.stdout.write("All credentials are encrypted with the newest key.")
