"""One job as a page shows it: everything a cell needs, said once."""

from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString

from jobs.models import BatchJob
from jobs.states import State

from . import times
from .figures import Requests, Spans

EXPIRES_SOON = timedelta(hours=24)
# What no row of a list shows, so that lists do not read it
UNLISTED = ("labels", "source", "destination", "output", "raw_hash", "search_text", "search_prefix")


def job_url(pk: int, query: str = "") -> str:
    """The page of a job, inside the list that ``query`` describes."""
    return reverse("job_detail", args=[pk]) + (f"?{query}" if query else "")


class JobRow:
    def __init__(self, job: BatchJob, *, at: datetime, query: str = "") -> None:
        self.job = job
        self.at = at
        self.state = State(job.state)
        self.url = job_url(job.pk, query)
        self.menu_url = reverse("job_menu", args=[job.pk])
        self.key = str(job.pk)

    @property
    def title(self) -> str:
        return self.job.display_name or self.job.short_id

    @property
    def own_word(self) -> str:
        """The provider's word for a state we do not know."""
        return self.job.provider_state if self.state == State.UNKNOWN else ""

    @cached_property
    def requests(self) -> Requests:
        return Requests.of(self.job)

    @property
    def requests_text(self) -> str:
        return self.requests.text(active=self.job.is_active)

    @property
    def error(self) -> str:
        """What went wrong, when that says more than counts do."""
        return self.job.error_message[:200] if self.state in (State.FAILED, State.EXPIRED) else ""

    @cached_property
    def spans(self) -> Spans:
        return Spans.of(self.job, self.at)

    @property
    def created(self) -> SafeString:
        return times.relative(self.job.by_created, self.at)

    @property
    def as_of(self) -> SafeString:
        return times.relative(self.job.as_of, self.at)

    @property
    def is_stale(self) -> bool:
        """Whether several polls that should have covered this row did not."""
        usual = settings.SYNC_QUIET_SECONDS if self.job.is_active else settings.SYNC_FULL_SECONDS
        return not self.job.gone_at and self.at - self.job.as_of > timedelta(seconds=2 * usual + 60)

    @property
    def expires(self) -> str:
        """`expires in 3 h`, when that is near."""
        expiry = self.job.expires_at
        if not expiry or self.job.gone_at or not timedelta() < expiry - self.at <= EXPIRES_SOON:
            return ""
        return f"expires in {times.rough(expiry - self.at)}"
