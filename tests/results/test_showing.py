"""A line of results as a person reads it."""

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jobs.results.showing import PARSED_AT_MOST, Piece, Shown, request_of, show

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
known_names = st.sampled_from(
    [
        "request",
        "response",
        "error",
        "status",
        "candidates",
        "content",
        "contents",
        "parts",
        "text",
        "embedding",
        "values",
    ]
)
shaped = st.recursive(json_values, lambda inner: st.dictionaries(known_names, inner | st.lists(inner)), max_leaves=15)


def shown(item: Any) -> Shown:
    return show(json.dumps(item).encode())


def answer(*parts: Any, **candidate: Any) -> dict[str, Any]:
    return {"response": {"candidates": [{"content": {"parts": list(parts)}, **candidate}], "modelVersion": "m"}}


def pieces(item: Any) -> list[Piece]:
    response = shown(item).response
    assert response
    return response.turns[0].pieces


def test_an_answer_is_text_with_its_finish_reason_and_the_rest_beside() -> None:
    response = shown(answer({"text": "Hello"}, finishReason="STOP")).response

    assert response
    assert [(turn.role, turn.note) for turn in response.turns] == [("model", "STOP")]
    assert response.turns[0].pieces == [Piece("text", "", "Hello")]
    assert response.rest == [("modelVersion", "m")]


def test_thoughts_calls_and_code_are_told_apart() -> None:
    parts = [
        {"text": "hm", "thought": True},
        {"functionCall": {"name": "f", "args": {}}},
        {"executableCode": {"language": "PYTHON"}},
    ]

    assert [(piece.kind, piece.label) for piece in pieces(answer(*parts))] == [
        ("thought", "thought"),
        ("call", "functionCall"),
        ("call", "executableCode"),
    ]


def test_json_text_gets_line_breaks_and_keeps_every_digit() -> None:
    text = '{"n":12345678901234567890123,"x":1.10}'

    assert pieces(answer({"text": text})) == [
        Piece("json", "JSON", '{\n  "n": 12345678901234567890123,\n  "x": 1.10\n}')
    ]


def test_an_image_is_its_type_and_size_not_its_bytes() -> None:
    item = answer({"inlineData": {"mimeType": "image/png", "data": "A" * 164_000}})

    assert pieces(item) == [Piece("data", "image/png, 123 KB", "")]
    raw = shown(item).raw
    assert raw and '"data": "… 123 KB of base64 …"' in raw.text and "AAAA" not in raw.text


def test_an_embedding_is_its_numbers_and_the_json_only_names_them() -> None:
    found = shown({"key": "e1", "response": {"embedding": {"values": [0.6, 0.8] + [0] * 126}, "tokenCount": "8"}})

    assert (len(found.embedding), found.norm) == (128, 1.0)
    assert found.raw and '"values": [ … 128 numbers … ]' in found.raw.text
    assert found.response and found.response.rest == [("tokenCount", "8")]


def test_errors_of_every_shape_are_one_line() -> None:
    lines = [
        {"error": {"code": 3, "message": "Too large.", "status": "INVALID_ARGUMENT"}},
        {"status": "Bad Request: no", "response": {}, "request": {}},
        {"code": 8, "message": "Out of quota."},
        {"error": "plain"},
        {"error": {"odd": 1}},
    ]

    assert [shown(line).error for line in lines] == [
        "INVALID_ARGUMENT · 3 · Too large.",
        "Bad Request: no",
        "8 · Out of quota.",
        "plain",
        '{\n  "odd": 1\n}',
    ]


def test_an_echoed_request_stands_beside_its_response() -> None:
    request = {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "generationConfig": {"temperature": 0},
        "tools": None,
    }

    asked = shown({"request": request, "status": "", "response": {"candidates": []}}).request

    assert asked
    assert [(turn.role, turn.pieces[0].text) for turn in asked.turns] == [("system", "Be brief."), ("user", "Hi")]
    assert asked.rest == [("generationConfig", '{"temperature":0}')]


def test_bigquery_keeps_both_as_json_text() -> None:
    found = shown({"request": '{"contents": "Hi"}', "response": json.dumps(answer({"text": "Ho"})["response"])})

    assert found.request and found.request.turns[0].pieces == [Piece("text", "", "Hi")]
    assert found.response and found.response.turns[0].pieces == [Piece("text", "", "Ho")]


def test_an_unwrapped_response_is_read_too() -> None:
    assert pieces(answer({"text": "Hello"})["response"]) == [Piece("text", "", "Hello")]


def test_a_line_of_an_input_file_has_its_request_inside_or_is_it() -> None:
    inside, bare = request_of(b'{"key":"a","request":{"contents":"Hi"}}'), request_of(b'{"contents":"Hi"}')

    assert inside and bare
    assert inside.turns == bare.turns
    assert request_of(b"[") is None


def test_a_line_of_20_mb_shows_its_beginning_and_says_how_much_is_left() -> None:
    line = b'{"key":"x","response":"' + b"a" * 20_000_000 + b'"}'

    raw = show(line).raw

    assert raw and (len(raw.text), raw.cut) == (100_000, len(line) - 100_000)
    assert len(line) > PARSED_AT_MOST


def test_a_broken_line_is_shown_as_it_came() -> None:
    assert show(b'{"key": "a", "resp\xff').raw == Piece("text", "", '{"key": "a", "resp�')


def test_half_a_surrogate_is_kept_apart() -> None:
    assert pieces({"response": {"candidates": [{"content": {"parts": [{"text": "a\ud800"}]}}]}}) == [
        Piece("text", "", "a\ud800")
    ]


def test_numbers_out_of_bounds_are_no_trouble() -> None:
    assert shown({"embedding": {"values": [10**400, 1]}}).norm == math.inf


@given(shaped)
def test_any_json_gives_something_to_show(value: Any) -> None:
    found = show(json.dumps(value).encode())

    assert found.raw is not None


@given(st.binary())
def test_any_bytes_give_something_to_show(line: bytes) -> None:
    assert show(line).raw is not None


def test_deep_nesting_breaks_nothing() -> None:
    deep = b'{"response":' + b"[" * 50_000 + b"]" * 50_000 + b"}"

    assert show(deep).raw is not None
