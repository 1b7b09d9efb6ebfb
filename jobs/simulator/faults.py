"""Switches by which an account's provider misbehaves."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from threading import Event, Lock
from typing import Any, Self

import httpx
import msgspec
from werkzeug.wrappers import Response

from jobs.simulator.wire import WireError, reply

MESSAGES = {
    401: "Request had invalid authentication credentials.",
    403: "The caller does not have permission",
    429: "Resource has been exhausted (e.g. check quota).",
    500: "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
    503: "The model is overloaded. Please try again later.",
}
HTML = b"<!doctype html><title>Sign in</title><p>Please sign in to the guest network.</p>"


@dataclass
class Rule:
    """One way to misbehave, for requests whose path or query matches, ``times`` times (None = until cleared)."""

    kind: str
    status: int = 200
    body: Any = None
    retry_info: str | None = None
    details: bool = False
    seconds: float = 0.0
    times: int | None = None
    path: str | None = None
    share: float = 1.0
    random: Random = field(default_factory=lambda: Random(1))

    def takes(self, path: str, query: str) -> bool:
        pattern = self.path or ""
        if self.times == 0 or not (re.search(pattern, path) or re.search(pattern, query)):
            return False
        if self.share < 1 and self.random.random() >= self.share:
            return False
        self.times = None if self.times is None else self.times - 1
        return True


@dataclass
class Faults:
    """All off at first; ``clear()`` puts all off again."""

    rules: list[Rule] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    generation: int = 0
    with_empty_page: bool = False
    shuffled: bool = False
    skew: float = 0.0
    hostile: dict[str, Any] | list[Any] = field(default_factory=dict)
    """A dict is merged into every job's JSON, a list is appended to the first list page as further jobs."""

    def set(
        self,
        status: int = 503,
        body: Any = None,
        retry_info: str | None = None,
        times: int | None = None,
        path: str | None = None,
        details: bool = False,
        share: float = 1.0,
    ) -> None:
        """Answer ``status``; ``body``: bytes, text or JSON instead of the error; ``retry_info``: like "34.07s".

        ``share`` of the requests, at random.
        """
        rule = Rule("status", status, body, retry_info, details, times=times, path=path, share=share)
        self.rules.append(rule)

    def hang(self, seconds: float, times: int | None = None, path: str | None = None) -> None:
        """Wait ``seconds`` of real time before answering."""
        self.rules.append(Rule("hang", seconds=seconds, times=times, path=path))

    def non_json(self, times: int | None = None, path: str | None = None) -> None:
        """Answer 200 with a web page, as a captive portal does."""
        self.rules.append(Rule("status", 200, HTML, times=times, path=path))

    def truncate(self, times: int | None = None, path: str | None = None) -> None:
        """Send half of the announced body."""
        self.rules.append(Rule("truncate", times=times, path=path))

    def reset(self, times: int | None = None, path: str | None = None, share: float = 1.0) -> None:
        """Drop the connection instead of doing anything."""
        self.rules.append(Rule("reset", times=times, path=path, share=share))

    def lose(self, times: int | None = None, path: str | None = None, share: float = 1.0) -> None:
        """Do what is asked, then drop the connection instead of saying so."""
        self.rules.append(Rule("lose", times=times, path=path, share=share))

    def empty_middle_page(self) -> None:
        self.with_empty_page = True

    def expire_page_tokens(self) -> None:
        """Page tokens handed out until now are refused."""
        self.generation += 1

    def shuffle_list(self) -> None:
        """List in an order that has nothing to do with age."""
        self.shuffled = True

    def date_skew(self, seconds: float) -> None:
        """The Date header is that far ahead of the account's clock."""
        self.skew = seconds

    def clear(self) -> None:
        """Everything off; page tokens that expired stay expired."""
        self.rules.clear()
        self.with_empty_page, self.shuffled, self.skew, self.hostile = False, False, 0.0, {}

    def matching(self, path: str, query: str = "") -> list[Rule]:
        """The rules for this request, used up by one."""
        with self.lock:
            return [rule for rule in self.rules if rule.takes(path, query)]

    def odd_jobs(self) -> list[Any]:
        return self.hostile if isinstance(self.hostile, list) else []

    def twisted(self, job: dict[str, Any]) -> dict[str, Any]:
        """The job's JSON with the hostile keys merged in, at every level."""
        return merged(job, self.hostile) if self.hostile and isinstance(self.hostile, dict) else job


def merged(base: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in extra.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def before(rules: Iterable[Rule], stopped: Event) -> Response | None:
    """Wait, and answer in the provider's stead if a rule says so."""
    for rule in rules:
        if rule.kind == "hang":
            stopped.wait(rule.seconds)
        elif rule.kind == "reset":
            return Response(Reset(), 200, content_type="application/json")
        elif rule.kind == "status":
            return _answer(rule)
    return None


def after(rules: Iterable[Rule], response: Response) -> Response:
    """Cut or lose the finished answer if a rule says so."""
    if any(rule.kind == "lose" for rule in rules):
        return Response(Reset(), response.status_code, content_type="application/json")
    if any(rule.kind == "truncate" for rule in rules):
        body = response.get_data()
        response.response = [body[: len(body) // 2]]
        response.headers["Content-Length"] = str(len(body))
    return response


class Reset:
    """In process httpx gets the error a reset raises; behind a server the connection is closed."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        raise httpx.ReadError("Connection reset by peer")


def _answer(rule: Rule) -> Response:
    if isinstance(rule.body, bytes | str):
        kind = "text/html" if rule.body == HTML else "text/plain"
        return Response(rule.body, rule.status, content_type=kind)
    if rule.body is not None:
        return reply(msgspec.json.encode(rule.body), rule.status)
    message = MESSAGES.get(rule.status, "The service failed.")
    return WireError(rule.status, message, details=_details(rule)).response()


def _details(rule: Rule) -> list[dict[str, Any]]:
    """QuotaFailure, Help and RetryInfo, as seen on 429 (WIRE 1.9)."""
    details: list[dict[str, Any]] = []
    if rule.details:
        violation = {
            "quotaMetric": "generativelanguage.googleapis.com/batch_requests",
            "quotaId": "BatchRequestsPerMinutePerProject",
            "quotaDimensions": {"location": "global", "model": "gemini-2.5-flash"},
            "quotaValue": "5",
        }
        link = {
            "description": "Learn more about quotas",
            "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
        }
        details.append({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]})
        details.append({"@type": "type.googleapis.com/google.rpc.Help", "links": [link]})
    if rule.retry_info:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": rule.retry_info})
    return details
