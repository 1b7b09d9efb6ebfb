"""What a file of results is called: by its job, in signs that every system takes."""

import re

from jobs.models import BatchJob

LONGEST = 80
_UNFIT = re.compile(r'[\\/:*?"<>|%\s]+')


def file_name(job: BatchJob, suffix: str) -> str:
    """``nightly-eval-4ab12c3d.jsonl``: nothing in it steers a terminal, a folder or the direction of writing."""
    called = "".join(filter(str.isprintable, " ".join((job.display_name or "results").split())))
    plain = _UNFIT.sub("-", called)[:LONGEST].strip(".- ") or "results"
    own = re.sub(r"[^A-Za-z0-9]+", "", job.short_id)[-8:] or str(job.pk)
    return f"{plain}-{own}.{suffix}"
