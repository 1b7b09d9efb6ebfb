"""The filter of Vertex's list (WIRE 2.2): comparisons joined by AND, OR, NOT and parentheses."""

import re
from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from jobs.simulator.wire import WireError, moment

Job = dict[str, Any]
Test = Callable[[Job], bool]
TOKEN = re.compile(r'\s*(?:(\(|\))|([\w.]+)\s*(!=|<=|>=|=|<|>|:)\s*("(?:[^"\\]|\\.)*"|[^\s()]+)|(AND|OR|NOT)\b)')
FIELDS = {
    "display_name": "displayName",
    "model_display_name": "model",
    "state": "state",
    "create_time": "createTime",
}


def parse(text: str) -> Test:
    """A test over a job's JSON. Raises WireError 400 for what the grammar does not know."""
    tokens = _tokens(text)
    if not tokens:
        return lambda job: True
    test = _any_of(tokens)
    if tokens:
        raise _bad(text)
    return test


def _tokens(text: str) -> list[re.Match[str]]:
    tokens, position = [], 0
    while text[position:].strip():
        match = TOKEN.match(text, position)
        if match is None:
            raise _bad(text)
        tokens.append(match)
        position = match.end()
    return tokens


def _bad(text: str) -> WireError:
    return WireError(400, f"Invalid filter: {text}")


def _next_is(tokens: list[re.Match[str]], word: str) -> bool:
    """Take ``word`` if it comes next."""
    if tokens and word in (tokens[0][1], tokens[0][5]):
        tokens.pop(0)
        return True
    return False


def _any_of(tokens: list[re.Match[str]]) -> Test:
    tests = [_all_of(tokens)]
    while _next_is(tokens, "OR"):
        tests.append(_all_of(tokens))
    return lambda job: any(test(job) for test in tests)


def _all_of(tokens: list[re.Match[str]]) -> Test:
    tests = [_one(tokens)]
    while _next_is(tokens, "AND"):
        tests.append(_one(tokens))
    return lambda job: all(test(job) for test in tests)


def _one(tokens: list[re.Match[str]]) -> Test:
    if _next_is(tokens, "NOT"):
        test = _one(tokens)
        return lambda job: not test(job)
    if _next_is(tokens, "("):
        test = _any_of(tokens)
        if not _next_is(tokens, ")"):
            raise _bad("a parenthesis is missing")
        return test
    if not tokens or tokens[0][2] is None:
        raise _bad("a comparison is missing")
    token = tokens.pop(0)
    return _comparison(token[2], token[3], token[4].strip('"'))


def _comparison(field: str, operator: str, value: str) -> Test:
    if field.startswith("labels."):
        label = field.removeprefix("labels.")
        return lambda job: _matches((job.get("labels") or {}).get(label), operator, value)
    if field not in FIELDS:
        raise _bad(f"unknown field {field}")
    if field == "create_time":
        bound = moment(value)
        return lambda job: _ordered(moment(job["createTime"]), operator, bound)
    return lambda job: _matches(job.get(FIELDS[field]), operator, value)


def _matches(actual: str | None, operator: str, value: str) -> bool:
    if operator == ":":
        return actual is not None and fnmatchcase(actual, value)
    return (actual == value) is (operator == "=")


def _ordered(actual: datetime, operator: str, bound: datetime) -> bool:
    below, same = actual < bound, actual == bound
    return {
        "=": same,
        "!=": not same,
        "<": below,
        "<=": below or same,
        ">": not below and not same,
        ">=": not below,
    }[operator]
