"""One job as a page shows it: everything a cell needs, said once."""

from datetime import datetime, timedelta
from functools import cache, cached_property

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString

from jobs.models import BatchJob, Project
from jobs.states import State

from . import results_state, times
from .board import Origin
from .figures import Requests, Spans
from .outlook import Outlook

EXPIRES_SOON = timedelta(hours=24)
MARKS = {"saved": ("Saved", "good"), "waiting": ("Not saved", ""), "lost": ("Lost", "bad")}
# What no row of a list shows, so that lists do not read it
UNLISTED = (
    *("labels", "source", "destination", "output", "raw_hash", "search_text", "search_prefix", "reported"),
    *("updated_at", "error_code", "gone_by", "gone_reason", "kept_at", "kept_by"),
    *("results_total", "results_succeeded", "results_failed"),
)


def job_url(pk: int, query: str = "") -> str:
    """The page of a job, inside the list that ``query`` describes."""
    return _address("job_detail", pk) + (f"?{query}" if query else "")


def _address(name: str, pk: int) -> str:
    before, behind = _around(name)
    return f"{before}{pk}{behind}"


@cache
def _around(name: str) -> tuple[str, str]:
    """What stands around the number in such an address; to reverse a hundred would be a tenth of a page's time."""
    before, _, behind = reverse(name, args=[0]).rpartition("0")
    return before, behind


class JobRow:
    """``truncated``: which share of the results was cut, where that is a warning; ``outlook``: of an active job.

    ``origin``: what is known of its project, where that need not be read.
    """

    def __init__(
        self,
        job: BatchJob,
        *,
        at: datetime,
        query: str = "",
        origin: Origin | None = None,
        truncated: str = "",
        outlook: Outlook | None = None,
    ) -> None:
        self.job = job
        self._origin = origin
        self.outlook = outlook
        self.truncated = truncated
        self.at = at
        self.state = State(job.state)
        self.url = job_url(job.pk, query)
        self.menu_url = _address("job_menu", job.pk)
        self.key = str(job.pk)

    @property
    def title(self) -> str:
        return self.job.display_name or self.job.short_id

    @property
    def origin(self) -> Origin | Project:
        return self._origin or self.job.project

    @property
    def project(self) -> str:
        return self.origin.name

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

    @cached_property
    def seen_at(self) -> datetime:
        return self.job.as_of(self.origin)

    @property
    def as_of(self) -> SafeString:
        return times.relative(self.seen_at, self.at)

    @property
    def is_stale(self) -> bool:
        """Whether several polls that should have covered this row did not."""
        usual = settings.SYNC_QUIET_SECONDS if self.job.is_active else settings.SYNC_FULL_SECONDS
        return not self.job.gone_at and self.at - self.seen_at > timedelta(seconds=2 * usual + 60)

    @cached_property
    def expiry(self) -> results_state.Expiry:
        """`expires in 3 h` of a live job, `results expire in 5 h` of a finished one, when that is near."""
        if not self.job.is_active:
            return results_state.expiry(self.job, self.at)
        left = self.job.expires_at - self.at if self.job.expires_at else None
        if left is None or self.job.gone_at or not timedelta() < left <= EXPIRES_SOON:
            return results_state.Expiry()
        return results_state.Expiry(f"expires in {times.rough(left)}", "warn")

    @property
    def mark(self) -> tuple[str, str]:
        """Whether the results are saved here: a word and its colour; both empty where there are none."""
        if self.job.results_state == "lost" and self.job.seen_too_late:
            return ("Expired", "")
        return MARKS.get(self.job.results_state, ("", ""))

    @property
    def warning(self) -> str:
        """`12 % truncated`."""
        return f"{self.truncated} truncated".strip() if self.job.warning == "truncated" else ""

    @property
    def cost(self) -> str:
        """`$1.84`; "no price" where what the tokens cost is not known."""
        if self.job.cost is None:
            return "no price" if self.job.results_state == "saved" else ""
        return results_state.cost_words(self.job.cost)

    @property
    def ended(self) -> SafeString | str:
        return times.relative(self.job.ended_at, self.at) if self.job.ended_at else "–"

    @property
    def expires_at(self) -> SafeString | str:
        """When the provider ends the job, or drops its results."""
        return times.relative(self.job.expires_at, self.at) if self.job.expires_at else "–"
