"""What the page of a job says about its results; it opens none."""

from datetime import datetime
from typing import Any

from jobs.models import Archive, ArchiveStatus, BatchJob, Role, User
from jobs.results.access import may_open_results

from .download_list import downloads
from .forms.switches import ROLES
from .results_page import outcome_pills, results_url, summary_context
from .results_state import standing_of


def results_context(user: User, job: BatchJob, at: datetime) -> dict[str, Any]:
    archive = Archive.objects.filter(job=job).first()
    saved = archive is not None and archive.status == ArchiveStatus.SAVED
    opens = may_open_results(user, job.project)
    answer: dict[str, Any] = {
        "archive": archive,
        "standing": standing_of(job, archive, at),
        "results_url": results_url(job),
        "opens_results": opens,
        "results_opened_by": ROLES[Role(job.project.results_role)],
        "saved": saved,
        "downloads": downloads(job, archive) if opens else [],
    }
    if archive is not None and saved:
        answer |= {**summary_context(job, archive, at), "outcome_pills": outcome_pills(archive)}
    return answer
