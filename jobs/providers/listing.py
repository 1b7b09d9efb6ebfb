"""From the bytes of a list to its jobs' exact bytes, cheaply: an unchanged job is never parsed."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from .base import Page, RawJob, RefusedError, TransientError
from .reading import decode, identity, mapping, text
from .wire import Answer

MOST_JOBS = 10_000  # on a page; 100 are asked for
LONGEST_TOKEN = 8_000  # it becomes part of a URL


class _Named(msgspec.Struct, gc=False):
    name: str = ""


_name_of = msgspec.json.Decoder(_Named)
_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])


def read_page(answer: Answer, key: str) -> Page:
    """The page in ``answer``, whose jobs stand in the list ``key``; raise TransientError if it is no list,
    RefusedError if it is no page."""
    bodies, token = _strictly(answer.body, key) or _leniently(answer.body, key)
    if len(bodies) > MOST_JOBS or len(token) > LONGEST_TOKEN:
        raise RefusedError("The provider's answer is far larger than a page of jobs can be, so it is not read.")
    jobs = [raw_job(body) for body in bodies]
    return Page(jobs, token, answer.latency, answer.skew)


def _strictly(body: bytes, key: str) -> tuple[list[bytes], str] | None:
    try:
        parts = _objects.decode(body)
        bodies = _items.decode(parts[key]) if key in parts else []
        token = msgspec.json.decode(parts["nextPageToken"], type=str) if "nextPageToken" in parts else ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return [bytes(item) for item in bodies], token


def _leniently(body: bytes, key: str) -> tuple[list[bytes], str]:
    answer = decode(body)
    items = mapping(answer).get(key, [])
    if not isinstance(answer, dict) or not isinstance(items, list):
        raise TransientError("The provider's answer is not a list of jobs; it is asked again later.")
    return [_encode(item) for item in items], text(answer.get("nextPageToken"), limit=100_000)


def _encode(item: Any) -> bytes:
    return json.dumps(item, ensure_ascii=True).encode()


def read_object(answer: Answer) -> Mapping[str, Any]:
    """The object in ``answer``; raise TransientError for what is none, such as a web page or half an answer."""
    found = decode(answer.body)
    if not isinstance(found, dict):
        raise TransientError("The provider's answer is not what was asked for; it is asked again later.")
    return found


def read_job(answer: Answer, name: str) -> RawJob:
    """The job ``name`` in ``answer``; raise TransientError if it is another thing.

    Names are compared by their last segment: a cloud project asked for by its id answers by its number.
    """
    job = raw_job(answer.body)
    if job.name.rpartition("/")[2] != name.rpartition("/")[2]:
        raise TransientError("The provider's answer is not the job that was asked for; it is asked again later.")
    return job


def raw_job(body: bytes) -> RawJob:
    try:
        name = _name_of.decode(body).name
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        name = mapping(decode(body)).get("name", "")
    return RawJob(identity(name, body), body)
