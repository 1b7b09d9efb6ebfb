"""Prebuilt answers for benchmarks: a GET answered once is answered again from memory, in the event loop.

Meant for a clock that stands still. Anything but a GET forgets what was prebuilt. Prebuilt answers are not
in the journal and know no faults.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from werkzeug.test import Client

from jobs.simulator.accounts import Account, GeminiAccount, VertexAccount
from jobs.simulator.app import Simulator
from jobs.simulator.fast_files import Files, is_download

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
ASGIApp = Callable[[Any, Receive, Send], Awaitable[None]]
PAGE = 100
SECRET_HEADERS = (b"x-goog-api-key", b"authorization")


class Prebuilt:
    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        self.app, self.simulator = app, simulator
        self.answers: dict[tuple[Any, ...], list[Message]] = {}
        self.files = Files(simulator)
        for account in simulator.accounts:
            for path in _lists(account):
                self._walk(path, *_credential(account))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if is_download(scope) and await self.files.send(scope, send):
            return None
        if scope["type"] != "http" or not _kept(scope["path"]):
            return await self.app(scope, receive, send)
        if scope["method"] != "GET":
            self.answers.clear()
            return await self.app(scope, receive, send)
        key = (_secret(scope), scope["path"], scope["query_string"])
        if messages := self.answers.get(key):
            if self.simulator.latency:
                await asyncio.sleep(self.simulator.latency)
            for message in messages:
                await send(message)
            return None
        return await self._remember(key, scope, receive, send)

    async def _remember(self, key: tuple[Any, ...], scope: Message, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def both(message: Message) -> None:
            messages.append(message)
            await send(message)

        await self.app(scope, receive, both)
        if messages and messages[0].get("status") == 200:
            self.answers[key] = messages

    def _walk(self, path: str, header: str, secret: str) -> None:
        """Build every list page of ``PAGE`` jobs as a client that follows the tokens will ask for them."""
        client, token = Client(self.simulator), ""
        while True:
            query = f"pageSize={PAGE}" + (f"&pageToken={token}" if token else "")
            answer = client.get(path, query_string=query, headers={header: secret})
            start = {
                "type": "http.response.start",
                "status": answer.status_code,
                "headers": [(name.lower().encode(), value.encode()) for name, value in answer.headers],
            }
            body = {"type": "http.response.body", "body": answer.get_data()}
            self.answers[secret.encode(), path, query.encode()] = [start, body]
            token = (answer.json or {}).get("nextPageToken", "")
            if not token:
                return


def _lists(account: Account) -> list[str]:
    """The paths at which an account's jobs are listed, in every version."""
    if isinstance(account, VertexAccount):
        place = f"projects/{account.cloud_project}/locations/{account.location}"
        return [f"/{version}/{place}/batchPredictionJobs" for version in ("v1", "v1beta1")]
    return ["/v1/batches", "/v1beta/batches"]


def _credential(account: Account) -> tuple[str, str]:
    """Name and value of the header that opens an account."""
    if isinstance(account, GeminiAccount):
        return "x-goog-api-key", account.key
    return "authorization", f"Bearer {account.secrets[0]}"


def _kept(path: str) -> bool:
    return path.startswith(("/v1/batches", "/v1beta/batches", "/v1/projects/", "/v1beta1/projects/"))


def _secret(scope: Message) -> bytes:
    return next((value for name, value in scope["headers"] if name in SECRET_HEADERS), b"")
