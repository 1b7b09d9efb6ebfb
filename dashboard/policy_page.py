"""What the pages say of one policy."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from jobs import policies
from jobs.models import Operation, Policy, User
from jobs.policies import Rehearsal

from .forms.policies import DAYS


@dataclass(frozen=True)
class PolicyLine:
    """``policy`` as ``user`` sees it at ``at``; ``names`` are of the projects that the user sees."""

    policy: Policy
    user: User
    names: dict[int, str]
    at: datetime

    @property
    def what(self) -> str:
        """`Delete finished jobs that ended over 30 days ago`."""
        return f"{self.policy.get_action_display()} {policies.chosen_by(self.policy).describe(self.names)}"

    @property
    def query(self) -> str:
        """The list of the jobs it is about."""
        return policies.chosen_by(self.policy).query()

    @property
    def when(self) -> str:
        day = "Daily" if self.policy.weekday is None else DAYS[self.policy.weekday]
        return f"{day} {self.policy.hour:02}:00 UTC"

    @property
    def rehearsal(self) -> Rehearsal | None:
        return Rehearsal(**self.policy.rehearsal) if self.policy.rehearsed_at else None

    @property
    def is_fresh(self) -> bool:
        """Whether its rehearsal is new enough to switch it on."""
        rehearsed = self.policy.rehearsed_at
        return rehearsed is not None and self.at - rehearsed <= policies.FRESH

    @property
    def level(self) -> str:
        return "warn" if self.policy.asks else "good" if self.policy.enabled_at else "muted"

    @property
    def state(self) -> str:
        if self.policy.asks:
            return "Asks"
        return "On" if self.policy.enabled_at else "Off, rehearsed" if self.is_fresh else "Off"

    @property
    def manages(self) -> bool:
        return policies.may_manage(self.policy, self.user)

    @cached_property
    def runs(self) -> list[Operation]:
        """The newest runs this person may see."""
        mine = Operation.objects.visible_to(self.user).filter(policy=self.policy)
        return list(mine.order_by("-planned_at", "-pk")[:20])

    @property
    def last(self) -> Operation | None:
        return self.runs[0] if self.runs else None
