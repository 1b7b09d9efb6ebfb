"""One request on its way to a handler."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from werkzeug.wrappers import Request

from jobs.simulator.accounts import Account, GeminiAccount, VertexAccount

A = TypeVar("A", bound=Account)


@dataclass(frozen=True)
class Call(Generic[A]):
    request: Request
    account: A

    @property
    def now(self) -> datetime:
        return self.account.clock.now()

    @property
    def base_url(self) -> str:
        return self.request.host_url.rstrip("/")


GeminiCall = Call[GeminiAccount]
VertexCall = Call[VertexAccount]
