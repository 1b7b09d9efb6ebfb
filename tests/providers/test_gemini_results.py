"""Gemini's results: two paths to a file, a 403 that means gone, and lines cut out of one JSON document."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.providers.base import CredentialError, GoneError, Part, ProviderError, ResultPlace, UnaskableError
from jobs.providers.gemini_results import inline_lines
from jobs.simulator.accounts import GeminiAccount
from jobs.simulator.app import Simulator

from .harness import in_process
from .places import Place, gemini_file, gemini_inline

FILES = "^/v1beta/files/.*:download$"


@pytest.fixture
def place(simulator: Simulator) -> Place:
    return gemini_file(simulator)


@pytest.mark.parametrize("body", ["<h1>Not Found</h1>", {"error": {"code": 404, "message": "No such method."}}])
def test_the_path_of_the_guides_serves_where_that_of_the_sdks_does_not(place: Place, body: Any) -> None:
    whole = place.read()
    place.bench.remote.faults.set(status=404, body=body, path=FILES)

    assert place.part().locator.startswith("/download/v1beta/files/batch-")
    assert place.read() == whole


@pytest.mark.parametrize("change", ["expire", "delete"])
def test_a_file_that_expired_or_went_with_its_job_is_gone(place: Place, change: str) -> None:
    where = place.where
    if change == "expire":
        place.bench.remote.clock.advance(48 * 3600)
    else:
        place.bench.remote.forget(place.job.name)

    with pytest.raises(GoneError):
        place.provider().parts(where)


def test_a_403_of_a_bad_key_makes_no_file_gone(place: Place) -> None:
    part = place.part()
    place.bench.remote.faults.set(status=403)

    with pytest.raises(CredentialError):
        list(place.provider().stream(part))


def test_a_403_of_somebody_between_makes_no_file_gone(place: Place) -> None:
    part = place.part()
    place.bench.remote.faults.set(status=403, body="<h1>Forbidden</h1>", path=FILES)

    with pytest.raises(ProviderError) as raised:
        list(place.provider().stream(part))

    assert not isinstance(raised.value, GoneError)


def test_an_empty_file_is_an_empty_result(simulator: Simulator) -> None:
    place = gemini_file(simulator, content=b"")

    assert (place.part().size, place.read()) == (0, b"")


@pytest.mark.parametrize(
    "content", [b'\xef\xbb\xbf{"key": 1}\r\n\r\n{"ke', b"\n", b'{"t":"' + b"x" * 20_000_000 + b'"}']
)
def test_bytes_are_as_the_provider_keeps_them(simulator: Simulator, content: bytes) -> None:
    assert gemini_file(simulator, content=content).read() == content


def test_where_ranges_are_not_served_the_beginning_is_passed_over(place: Place) -> None:
    whole = place.read()

    def app(environ: dict[str, Any], start: Any) -> Any:
        environ.pop("HTTP_RANGE", None)
        return place.bench.simulator(environ, start)

    provider = place.provider(client=in_process(app))
    (part,) = provider.parts(place.where)

    assert (part.size, part.resumable) == (len(whole), False)
    assert b"".join(provider.stream(part, 777)) == whole[777:]


def test_a_job_listed_without_an_output_is_asked_where_it_is(simulator: Simulator) -> None:
    place = gemini_inline(simulator)

    (part,) = place.provider().parts(ResultPlace(place.job.name, ""))

    assert part.locator == f"/v1beta/{place.job.name}"


def test_a_job_that_failed_has_no_parts(gemini_account: GeminiAccount, place: Place) -> None:
    failed = place.bench.remote.add_job(outcome="fail", queue_seconds=0, run_seconds=0)

    assert place.provider().parts(ResultPlace(failed.name, "")) == []


@pytest.mark.parametrize("output", ["files/..", "files/a/b", "files/a?alt=json", "batches/x", "files/", "gs://b/o"])
def test_an_odd_file_name_makes_no_request(place: Place, output: str) -> None:
    before = len(place.bench.remote.journal)

    with pytest.raises(UnaskableError):
        place.provider().parts(ResultPlace(place.job.name, output))
    assert len(place.bench.remote.journal) == before


def test_requests_are_never_known(place: Place) -> None:
    assert place.provider().input_parts("files/abc") == place.provider().input_parts("inline") == list[Part]()


ITEMS = [
    b'{"response": {"x": 1.50, "y": "\\u00e9"}, "metadata":{"key":"a"}}',
    b"null",
    b'{"response":{},"response":{}}',
]


@pytest.mark.parametrize("field", ["inlinedResponses", "inlinedEmbedContentResponses"])
@pytest.mark.parametrize("frame", ['{"metadata":{"output":{%s}}}', '{"metadata":5,"response":{"@type":"x",%s}}'])
def test_each_response_is_its_exact_json(field: str, frame: str) -> None:
    listed = b",\n ".join(ITEMS).decode()

    body = (frame % f'"{field}": {{"inlinedResponses": [{listed}]}}').encode()

    assert list(inline_lines(body)) == [item + b"\n" for item in ITEMS]


def test_a_pretty_printed_answer_still_gives_a_line_each() -> None:
    items = [{"response": {"text": "a\nb"}, "metadata": {"key": "1"}}, {"error": {"code": 3}}]
    job = {"metadata": {"output": {"inlinedResponses": {"inlinedResponses": items}}}}

    lines = list(inline_lines(json.dumps(job, indent=2).encode()))

    assert [json.loads(line) for line in lines] == items
    assert all(line.count(b"\n") == 1 for line in lines)


def test_what_the_strict_decoder_refuses_is_written_anew() -> None:
    body = b'{"response":{"inlinedResponses":{"inlinedResponses":[{"v":NaN},{"t":"\\ud800"}]}}}'

    assert list(inline_lines(body)) == [b'{"v": NaN}\n', b'{"t": "\\ud800"}\n']


def test_a_job_without_results_has_lost_them() -> None:
    with pytest.raises(GoneError):
        list(inline_lines(b'{"name":"batches/a","done":true}'))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["metadata", "output", "response", "inlinedResponses"]), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60))
def test_any_answer_gives_lines_or_trouble(body: bytes) -> None:
    try:
        lines = list(inline_lines(body))
    except ProviderError:
        return
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
