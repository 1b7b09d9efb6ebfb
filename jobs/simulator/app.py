"""The simulator as one WSGI application, for tests in process and for the demo on a port."""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from jobs.simulator import bigquery, faults, files, gcs, gemini, identity, vertex
from jobs.simulator.accounts import Account, GeminiAccount, VertexAccount
from jobs.simulator.call import Call
from jobs.simulator.clock import Clock
from jobs.simulator.journal import Entry, Journal, without_secrets
from jobs.simulator.scratch import Scratch
from jobs.simulator.wire import WireError
from jobs.simulator.world import seed_history

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

JOBS = r"/(?:v1|v1beta1)/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/batchPredictionJobs"
OPERATIONS = JOBS.replace("batchPredictionJobs", r"operations/(?P<operation>[^/:]+)")
OBJECTS = r"(?:/download)?/storage/v1/b/(?P<bucket>[^/]+)/o"
TABLES = r"(?:/bigquery/v2)?/projects/(?P<project>[^/]+)/datasets/(?P<dataset>[^/]+)/tables"
MODEL = r"/v1(?:beta)?/(?P<model>(?:models|tunedModels)/[^/]+)"

# Matched on the decoded path, whole; a verb is what follows the last colon.
GEMINI_ROUTES: dict[tuple[str, str], Callable[..., Response]] = {
    ("GET", r"/v1(?:beta)?/batches"): gemini.list_batches,
    ("GET", r"/v1(?:beta)?/batches/(?P<batch>[^/:]+)"): gemini.get_batch,
    ("POST", r"/v1(?:beta)?/batches/(?P<batch>[^/]+):cancel"): gemini.cancel_batch,
    ("POST", r"/v1(?:beta)?/batches/(?P<batch>[^/]+):delete"): gemini.delete_batch,
    ("DELETE", r"/v1(?:beta)?/batches/(?P<batch>[^/:]+)"): gemini.delete_batch,
    ("POST", rf"{MODEL}:batchGenerateContent"): gemini.create,
    ("POST", rf"{MODEL}:asyncBatchEmbedContent"): gemini.create_embeddings,
    ("GET", r"/v1(?:beta)?/models"): gemini.list_models,
    ("GET", r"/v1(?:beta)?/models/(?P<model>[^/:]+)"): gemini.get_model,
    ("POST", r"/upload/v1(?:beta)?/files"): files.upload,
    ("GET", r"/v1(?:beta)?/files"): files.list_files,
    ("GET", r"(?:/download)?/v1(?:beta)?/files/(?P<file>[^/]+):download"): gemini.download,
    ("GET", r"/v1(?:beta)?/files/(?P<file_id>[^/:]+)"): files.get_file,
    ("DELETE", r"/v1(?:beta)?/files/(?P<file_id>[^/:]+)"): files.delete_file,
}
VERTEX_ROUTES: dict[tuple[str, str], Callable[..., Response]] = {
    ("GET", JOBS): vertex.list_jobs,
    ("POST", JOBS): vertex.create,
    ("GET", rf"{JOBS}/(?P<job>[^/:]+)"): vertex.get_job,
    ("DELETE", rf"{JOBS}/(?P<job>[^/:]+)"): vertex.delete_job,
    ("POST", rf"{JOBS}/(?P<job>[^/]+):cancel"): vertex.cancel_job,
    ("GET", OPERATIONS): vertex.get_operation,
    ("POST", rf"{OPERATIONS}:wait"): vertex.get_operation,
    ("GET", r"/storage/v1/b/(?P<bucket>[^/]+)"): gcs.get_bucket,
    ("GET", OBJECTS): gcs.list_objects,
    ("GET", rf"{OBJECTS}/(?P<name>.+)"): gcs.get_object,
    ("GET", TABLES): bigquery.list_tables,
    ("GET", rf"{TABLES}/(?P<table>[^/]+)"): bigquery.get_table,
    ("GET", rf"{TABLES}/(?P<table>[^/]+)/data"): bigquery.list_rows,
}
INVALID_KEY = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "API_KEY_INVALID",
    "domain": "googleapis.com",
    "metadata": {"service": "generativelanguage.googleapis.com"},
}
INVALID_TOKEN = INVALID_KEY | {
    "reason": "ACCESS_TOKEN_EXPIRED",
    "metadata": {"service": "aiplatform.googleapis.com"},
}


class Simulator:
    """Providers of any number of accounts. ``latency``: seconds every answer waits."""

    def __init__(self, clock: Clock | None = None, seed: int | str = 1) -> None:
        self.clock, self.seed = clock or Clock(), seed
        self.latency = 0.0
        self.accounts: list[Account] = []
        self.journal, self.stopped = Journal(), Event()
        self.scratch = Scratch()

    def add_gemini(
        self, jobs: int = 0, seed: int | str | None = None, name: str = "", clock: Clock | None = None
    ) -> GeminiAccount:
        """An account with ``jobs`` jobs of the last 30 days."""
        nth, own = self._next(seed)
        account = GeminiAccount(name or f"gemini-{nth}", own, clock or self.clock.child(), self.scratch)
        self._open(account, jobs)
        return account

    def add_vertex(
        self,
        jobs: int = 0,
        seed: int | str | None = None,
        location: str = "us-central1",
        name: str = "",
        clock: Clock | None = None,
    ) -> VertexAccount:
        """A cloud project in one location, with bucket and dataset; ``jobs`` of the last 30 days."""
        nth, own = self._next(seed)
        account = VertexAccount(name or f"vertex-{nth}", own, clock or self.clock.child(), location)
        self._open(account, jobs)
        return account

    def _next(self, seed: int | str | None) -> tuple[int, str]:
        """The number of the next account, and its seed if none is given."""
        nth = len(self.accounts) + 1
        return nth, f"{self.seed}:{nth}" if seed is None else str(seed)

    def _open(self, account: Account, jobs: int) -> None:
        if taken := {secret for each in self.accounts for secret in each.secrets} & set(account.secrets):
            raise ValueError(f"{len(taken)} keys exist already: give every account a seed of its own.")
        self.accounts.append(account)
        seed_history(account, jobs)

    def stop(self) -> None:
        """Let everything that waits answer at once."""
        self.stopped.set()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = self.answer(Request(environ))
        return response(environ, start_response)

    def answer(self, request: Request) -> Response:
        if self.latency:
            self.stopped.wait(self.latency)
        if request.path == "/healthz":
            return Response("ok", content_type="text/plain")
        if request.path == "/token":
            response = identity.grant(request, self._vertex())
            self._note(request, response.status_code, None)
            return response
        return self._for_account(request, self._account(request))

    def _for_account(self, request: Request, account: Account | None) -> Response:
        rules = account.faults.matching(request.path, request.query_string.decode()) if account else []
        response = faults.before(rules, self.stopped)
        if response is None:
            try:
                response = self._dispatch(request, account)
            except WireError as error:
                response = error.response()
        response = faults.after(rules, response)
        clock = account.clock if account else self.clock
        skew = account.faults.skew if account else 0.0
        response.headers["Date"] = http_date(clock.now() + timedelta(seconds=skew))
        self._note(request, response.status_code, account)
        return response

    def _note(self, request: Request, status: int, account: Account | None) -> None:
        query = without_secrets(request.query_string.decode("latin-1"))
        name, at = (account.name, account.clock.now()) if account else ("", self.clock.now())
        entry = Entry(at, request.method, request.path, query, status, name)
        for journal in [self.journal, account.journal] if account else [self.journal]:
            journal.add(entry)

    def _dispatch(self, request: Request, account: Account | None) -> Response:
        old_style = bool(re.match(r"(/download)?/(storage|bigquery)/", request.path))
        routes = GEMINI_ROUTES if is_gemini(request.path) else VERTEX_ROUTES
        if account is None or account.revoked:
            raise refusal(request, old_style)
        for (method, pattern), handler in routes.items():
            match = re.fullmatch(pattern, request.path)
            if match and method == request.method:
                return self._handled(handler, Call(request, account), match.groupdict())
        raise WireError(404, "The requested URL was not found on this server.", old_style=old_style)

    def _handled(self, handler: Callable[..., Response], call: Call[Any], names: dict[str, str]) -> Response:
        if call.request.path.startswith("/upload/"):
            return handler(call, **names)
        with call.account.lock:
            return handler(call, **names)

    def _account(self, request: Request) -> Account | None:
        if is_gemini(request.path):
            upload = request.args.get("upload_id")
            secret = request.headers.get("x-goog-api-key") or request.args.get("key", "")
            return next((one for one in self._gemini() if secret in one.secrets or upload in one.files.uploads), None)
        token = bearer(request)
        return next((one for one in self._vertex() if token in one.secrets or token in one.minted), None)

    def _vertex(self) -> list[VertexAccount]:
        return [account for account in self.accounts if isinstance(account, VertexAccount)]

    def _gemini(self) -> list[GeminiAccount]:
        return [account for account in self.accounts if isinstance(account, GeminiAccount)]


def is_gemini(path: str) -> bool:
    return bool(re.match(r"(/upload|/download)?/v1(beta)?/(?!projects/)", path))


def bearer(request: Request) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def refusal(request: Request, old_style: bool) -> WireError:
    """What a request without or with a wrong credential gets (WIRE 1.9, 2.5)."""
    if not is_gemini(request.path):
        message = "Request had invalid authentication credentials. Expected OAuth 2 access token."
        return WireError(401, message, details=[] if old_style else [INVALID_TOKEN], old_style=old_style)
    if "x-goog-api-key" in request.headers or "key" in request.args:
        return WireError(400, "API key not valid. Please pass a valid API key.", details=[INVALID_KEY])
    message = "Method doesn't allow unregistered callers (callers without established identity)."
    return WireError(403, f"{message} Please use API Key or other form of API consumer identity to call this API.")
