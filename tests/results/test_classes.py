import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.results.classes import Line, Outcome, read_line
from jobs.results.errors import NEVER_RUN
from jobs.results.shapes import Item, OpenBody, Part, Usage

from .lines import answer, encoded, gemini, open_ai, vertex

BLOCK = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 9}}
VERTEX_STATUS = 'Bad Request: {"error": {"code": 400, "message": "Unable to submit", "status": "INVALID_ARGUMENT"}}'
PICTURE = {"parts": [{"inlineData": {"mimeType": "image/png", "data": "aaaa"}}]}
CALL = {"parts": [{"functionCall": {"name": "search", "args": {}}}]}
THOUGHT = {"parts": [{"text": "Hm.", "thought": True}]}


def with_content(content: Any, finish: str = "STOP") -> bytes:
    return encoded({"key": "k", "response": {"candidates": [{"content": content, "finishReason": finish}]}})


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (gemini(), "ok"),
        (vertex(), "ok"),
        (open_ai(), "ok"),
        (encoded(answer()), "ok"),
        (encoded({"response": answer(), "metadata": {"key": "k"}}), "ok"),
        (with_content(PICTURE), "ok"),
        (with_content(CALL), "ok"),
        (encoded({"key": "e", "response": {"embedding": {"values": [3, 4.0]}, "tokenCount": "1"}}), "ok"),
        (encoded({"instance": {"a": 1}, "prediction": [0.5]}), "ok"),
        (encoded({"request": {}, "status": "", "response": json.dumps(answer())}), "ok"),
        (gemini(finish="MAX_TOKENS"), "truncated"),
        (gemini(text="", finish="MAX_TOKENS"), "truncated"),
        (open_ai(finish="length"), "truncated"),
        (gemini(finish="SAFETY"), "blocked"),
        (gemini(text="", finish="PROHIBITED_CONTENT"), "blocked"),
        (open_ai(text=None, finish="content_filter"), "blocked"),
        (encoded({"key": "b", "response": BLOCK}), "blocked"),
        (encoded(BLOCK), "blocked"),
        (gemini(text="  \n"), "empty"),
        (with_content(THOUGHT), "empty"),
        (with_content(None, "MALFORMED_FUNCTION_CALL"), "empty"),
        (open_ai(text=None), "empty"),
        (encoded({"key": "k", "response": {}}), "empty"),
        (encoded({"key": "k"}), "empty"),
        (b"{}", "empty"),
        (encoded({"key": "e", "response": {"embedding": {"values": []}}}), "empty"),
        (encoded({"key": "f", "error": {"code": 3, "message": "No"}}), "failed"),
        (encoded({"key": "f", "error": "No"}), "failed"),
        (encoded({"code": 8, "message": "Quota"}), "failed"),
        (vertex(status=VERTEX_STATUS), "failed"),
        (open_ai(code=429), "failed"),
        (encoded({"custom_id": "c", "response": None, "error": {"code": "batch_expired", "message": "x"}}), "failed"),
        (encoded({"custom_id": "c", "response": None, "error": None}), "failed"),
        (encoded({"response": answer(finish="MAX_TOKENS"), "error": {"code": 13, "message": "x"}}), "failed"),
        (b"[1, 2]", "broken"),
        (b'"text"', "broken"),
        (b'{"key": "cut', "broken"),
        (b"<html>", "broken"),
        (b'{"a": NaN}', "broken"),
        (b'{"key": "\xff\xfe"}', "broken"),
        (b"[" * 100_000, "broken"),
    ],
)
def test_each_line_has_the_first_class_that_holds(line: bytes, outcome: str) -> None:
    assert read_line(line).outcome == outcome


def test_a_field_of_the_wrong_type_costs_only_itself() -> None:
    response = answer() | {"usageMetadata": {"promptTokenCount": "many", "candidatesTokenCount": "12"}}

    line = read_line(encoded({"key": ["no"], "response": response, "status": None}))

    assert (line.outcome, line.key, line.prompt_tokens, line.output_tokens) == ("ok", "", 0, 12)


def test_a_lone_surrogate_breaks_no_line() -> None:
    line = read_line(
        b'{"key": "a\\ud800b", "response": {"candidates": [{"content": {"parts": [{"text": "x\\udfff"}]}}]}}'
    )

    assert (line.outcome, line.key, line.preview) == ("ok", "a�b", "x�")


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"key": "a", "custom_id": "b"}, "a"),
        ({"custom_id": "b", "id": "batch_req_1"}, "b"),
        ({"id": 7}, "7"),
        ({"key": 7.0}, "7"),
        ({"metadata": {"key": "inline"}}, "inline"),
        ({"metadata": {"other": "x"}}, ""),
        ({"key": ""}, ""),
        ({"key": True}, ""),
    ],
)
def test_the_key_is_found_where_providers_put_it(fields: dict[str, Any], key: str) -> None:
    assert read_line(encoded(fields)).key == key


def test_tokens_are_prompt_output_with_thoughts_and_cached() -> None:
    line = read_line(gemini())

    assert (line.prompt_tokens, line.output_tokens, line.cached_tokens) == (5, 5, 4)


def test_the_open_ai_layers_tokens_count_alike() -> None:
    line = read_line(open_ai())

    assert (line.prompt_tokens, line.output_tokens, line.cached_tokens, line.key) == (7, 9, 2, "c1")


def test_an_embedding_is_told_by_dimension_and_norm() -> None:
    line = read_line(encoded({"key": "e", "response": {"embedding": {"values": [3, 4]}, "tokenCount": "11"}}))

    assert (line.dimension, line.norm, line.prompt_tokens, line.preview) == (2, 5.0, 11, "")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (vertex(status=VERTEX_STATUS), "400: Unable to submit"),
        (encoded({"error": {"code": 3, "message": "Bad\n request"}}), "3: Bad request"),
        (encoded({"response": None}), NEVER_RUN),
        (encoded({"response": {"status_code": 503, "body": None}}), "HTTP 503"),
        (encoded({"error": {"message": "x" * 2000}}), "x" * 499 + "…"),
    ],
)
def test_the_error_is_one_sentence(line: bytes, error: str) -> None:
    assert read_line(line).error == error


@pytest.mark.parametrize(
    ("line", "invalid"),
    [
        (vertex(mime="application/json", text='{"a": 1}'), False),
        (vertex(mime="application/json", text='{"a": '), True),
        (vertex(mime="application/json", text="Sure! Here you are."), True),
        (vertex(text='{"a": '), False),
        (gemini(text='{"a": 1}'), False),
        (gemini(text='{"a": 1', finish="MAX_TOKENS"), True),
        (gemini(text="[see below] and so on"), False),
        (gemini(text="Plain words"), False),
    ],
)
def test_invalid_json_counts_where_json_was_asked_for(line: bytes, invalid: bool) -> None:
    assert read_line(line).invalid_json is invalid


def test_a_preview_is_one_line_of_at_most_200_characters() -> None:
    line = read_line(gemini(text="First\n\n  second " + "word " * 100))

    assert line.preview.startswith("First second word")
    assert (len(line.preview), line.preview[-1]) == (200, "…")


NAMES = sorted(
    {*Item.__struct_fields__, *Usage.__struct_fields__, *Part.__struct_fields__, *OpenBody.__struct_fields__}
    | {"content", "parts", "finishReason", "blockReason", "values", "cached_tokens"}
)
WORDS = ("", "STOP", "MAX_TOKENS", "length", "SAFETY", "12", "1e999", "a\ud800", "\0", '{"a": ', "null", "x" * 300)
NUMBERS = (0, -1, 3, 400, 2**64, 10**500, 0.5, 1e308, float("inf"), float("nan"))
json_values = st.recursive(
    st.sampled_from([None, True, False, *WORDS, *NUMBERS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


def is_one_line(line: Line) -> bool:
    return line.outcome in set(Outcome) and len(line.preview) <= 200 and len(line.error) <= 500


@given(st.binary())
def test_any_bytes_have_one_class(data: bytes) -> None:
    assert is_one_line(read_line(data))


@given(st.dictionaries(st.sampled_from(NAMES), json_values, max_size=6))
def test_any_json_object_has_one_class_and_is_not_broken(value: dict[str, Any]) -> None:
    data = json.dumps(value).encode()
    expected_broken = b"NaN" in data or b"Infinity" in data

    assert is_one_line(read_line(data))
    assert expected_broken or read_line(data).outcome != Outcome.BROKEN
