"""A provider under test and the simulated account it speaks to: one small maker for each entry of the registry."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from jobs.credentials import Credential
from jobs.providers import PROVIDERS
from jobs.providers.base import Account, Page, Provider, ProviderKind, RawJob, RemoteJob
from jobs.simulator.accounts import Account as Remote
from jobs.simulator.app import Simulator

BASE = "http://sim"


@dataclass(frozen=True)
class Bench:
    """``remote`` is what the simulator holds, ``account`` how we connect to it, ``unknown`` a name nobody has."""

    provider: str
    remote: Remote
    account: Account
    list_path: str
    list_key: str
    unknown: str
    simulator: Simulator = field(repr=False)

    @property
    def kind(self) -> ProviderKind:
        return PROVIDERS[self.provider]

    @property
    def secret(self) -> str:
        return self.account.credential.secret

    def connect(self, *, secret: str = "", client: httpx.Client | None = None, **options: Any) -> Provider:
        """In process unless another ``client`` is given; ``secret`` instead of the account's own."""
        credential = Credential(self.account.credential.kind, secret or self.secret)
        account = replace(self.account, credential=credential)
        return self.kind.connect(account, client=client or in_process(self.simulator), **options)

    def on_port(self, base_url: str) -> "Bench":
        return replace(
            self,
            account=replace(self.account, base_url=base_url, storage_url=base_url, bigquery_url=base_url),
        )

    def listed(self, *, size: int = 3) -> list[Page]:
        """All pages."""
        provider, token, pages = self.connect(), "", list[Page]()
        while not pages or token:
            pages.append(provider.list_page(token, size=size))
            token = pages[-1].next_token
        return pages

    def names(self, *, size: int = 3) -> list[str]:
        return [job.name for page in self.listed(size=size) for job in page.jobs]

    def get(self, name: str) -> RawJob:
        return self.connect().get(name)

    def read(self, name: str) -> RemoteJob:
        return self.kind.parse_job(self.get(name).body)


def in_process(app: Any) -> httpx.Client:
    return httpx.Client(transport=httpx.WSGITransport(app=app))


def gemini_bench(simulator: Simulator) -> Bench:
    remote = simulator.add_gemini()
    account = Account(Credential("api_key", remote.key), base_url=BASE)
    return Bench("gemini", remote, account, "/v1beta/batches", "operations", "batches/nobody", simulator)


def vertex_bench(simulator: Simulator) -> Bench:
    remote = simulator.add_vertex()
    account = Account(
        Credential("access_token", remote.token),
        cloud_project=remote.cloud_project,
        location=remote.location,
        base_url=BASE,
        storage_url=BASE,
        bigquery_url=BASE,
    )
    path = f"/v1/projects/{remote.cloud_project}/locations/{remote.location}/batchPredictionJobs"
    unknown = f"{remote.parent}/batchPredictionJobs/404"
    return Bench("vertex", remote, account, path, "batchPredictionJobs", unknown, simulator)


MAKERS: dict[str, Callable[[Simulator], Bench]] = {"gemini": gemini_bench, "vertex": vertex_bench}
