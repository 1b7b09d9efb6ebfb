"""A CSV file as an answer."""

from collections.abc import Iterable, Sequence

from django.http import StreamingHttpResponse

from jobs.spreadsheets import lines


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """A download ``name``; cells are text, numbers, moments or None (empty)."""
    answer = StreamingHttpResponse(lines(header, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
