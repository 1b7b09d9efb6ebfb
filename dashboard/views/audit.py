"""The audit: who did what to which job or project, when, from where, why, with what result."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access import person_of
from dashboard.audit_page import AuditLine
from dashboard.csv_files import csv_response
from dashboard.forms.audit import AuditFilter
from jobs.filter_reading import read_id
from jobs.models.audit import AuditEntryQuerySet

PAGE_SIZE = 100
HEADER = ("at", "person", "address", "verb", "kind", "id", "target", "project", "reason", "result", "detail")


@require_safe
def audit_list(request: HttpRequest) -> HttpResponse:
    form = AuditFilter(person_of(request), request.GET)
    before = read_id(request.GET.get("before", ""))
    found = list(form.entries().select_related("project").newest_first(before=before)[: PAGE_SIZE + 1])
    names, verbs = form.lately()
    answer = {
        "form": form,
        "lines": [AuditLine(entry) for entry in found[:PAGE_SIZE]],
        "older": str(found[PAGE_SIZE - 1].pk) if len(found) > PAGE_SIZE else "",
        "turned": before is not None,
        "names": names,
        "verbs": verbs,
    }
    return render(request, "audit/list.html", answer)


@require_safe
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    entries = AuditFilter(person_of(request), request.GET).entries()
    return csv_response(f"audit-{timezone.now():%Y%m%d-%H%M%S}.csv", HEADER, _rows(entries))


def _rows(entries: AuditEntryQuerySet) -> Iterator[tuple[Any, ...]]:
    for entry in entries.select_related("project").newest_first().iterator(chunk_size=1000):
        line = AuditLine(entry)
        project = entry.project.name if entry.project else ""
        thing = (entry.target_kind, entry.target_id, entry.target_label)
        yield (
            entry.at,
            entry.actor_name,
            entry.address,
            entry.verb,
            *thing,
            project,
            entry.reason,
            entry.result,
            line.more,
        )
