"""One line of the audit as a page and a file show it."""

from dataclasses import dataclass

from django.urls import reverse

from jobs.models import AuditEntry

# Things that have a page, by their kind
PAGES = {
    "batchjob": "job_detail",
    "policy": "policy_detail",
    "project": "project_detail",
    "operation": "operation_detail",
    "user": "person_detail",
}
SHOWN = 200


@dataclass(frozen=True, slots=True)
class AuditLine:
    entry: AuditEntry

    @property
    def url(self) -> str:
        """The page of the thing, as far as it has one; it may be gone since."""
        page = PAGES.get(self.entry.target_kind)
        return reverse(page, args=[self.entry.target_id]) if page and self.entry.target_id else ""

    @property
    def more(self) -> str:
        """What else was written down: `role: operator · person: dana`."""
        detail = self.entry.detail
        if not isinstance(detail, dict):
            return ""
        return " · ".join(f"{key}: {_said(value)}" for key, value in detail.items() if value not in ("", None, []))


def _said(value: object) -> str:
    return (" and ".join(map(str, value)) if isinstance(value, list) else str(value))[:SHOWN]
