"""The results of one job: all rows, one row, and what may be done about them."""

from io import BytesIO
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from dashboard.access import actor_of, entered, get_project_or_404, opened_or_sent, person_of
from dashboard.forms.inputs import InputForm
from dashboard.forms.switches import ROLES
from dashboard.result_row_page import row_context, source_context
from dashboard.results_beginning import beginning_context
from dashboard.results_page import head_context, rows_context, summary_context
from dashboard.row_filter import RowFilter
from jobs import audit
from jobs.models import Archive, ArchiveStatus, BatchJob, Role
from jobs.results import asking, exports, inputs
from jobs.results.access import may_open_results
from jobs.results.archives import Missing, open_archive
from jobs.wording import many

VISIT_SECONDS = 1800


@require_safe
@vary_on_headers("HX-Request")
def job_results(request: HttpRequest, pk: int) -> HttpResponseBase:
    job = _job_or_404(request, pk)
    if not may_open_results(person_of(request), job.project):
        return _refused(request, job)
    at, archive, chosen = timezone.now(), Archive.objects.filter(job=job).first(), RowFilter.parse(request.GET)
    answer = head_context(job, archive, at) | {"operates": job.project.allows(person_of(request), Role.OPERATOR)}
    if archive is not None and archive.status == ArchiveStatus.SAVED:
        note_visit(request, job)
        answer |= summary_context(job, archive, at) | _rows(job, archive, chosen)
    part = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    return render(request, "results/_results.html" if part else "results/page.html", answer)


@require_safe
def job_results_beginning(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The first rows, straight from the provider, of results that are not saved."""
    job = _job_or_404(request, pk)
    if not may_open_results(person_of(request), job.project):
        return _refused(request, job)
    archive = Archive.objects.filter(job=job).first()
    head = head_context(job, archive, timezone.now())
    if head["standing"].word == "saved" or not head["downloads"]:
        return redirect("job_results", pk)
    note_visit(request, job)
    head |= {"operates": job.project.allows(person_of(request), Role.OPERATOR)}
    return render(request, "results/beginning.html", head | beginning_context(job))


@require_safe
def job_results_row(request: HttpRequest, pk: int, line: int) -> HttpResponseBase:
    job = _job_or_404(request, pk)
    if not may_open_results(person_of(request), job.project):
        return _refused(request, job)
    archive = get_object_or_404(Archive, job=job, status=ArchiveStatus.SAVED)
    note_visit(request, job)
    try:
        with open_archive(archive) as opened:
            row = row_context(job, archive, opened, line, RowFilter.parse(request.GET))
    except LookupError as exc:
        raise Http404("There is no such line.") from exc
    head = head_context(job, archive, timezone.now()) | {
        "operates": job.project.allows(person_of(request), Role.OPERATOR)
    }
    return render(request, "results/row.html", head | row)


@require_POST
def job_results_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Save now: put the job's results into the queue, first what expires first."""
    job = _job_or_404(request, pk)
    get_project_or_404(person_of(request), job.project_id, Role.OPERATOR)
    by = actor_of(request)
    if asking.save_now(job, by=by):
        messages.success(request, "The results are being saved; this page follows.")
    else:
        messages.info(request, "There is nothing to save, or it is being saved already.")
    return redirect("job_results", pk)


@csrf_exempt  # until the file's handler stands; _job_results_input checks it
def job_results_input(request: HttpRequest, pk: int) -> HttpResponse:
    """The input file of a job: what is attached, and a form to attach one, read in pieces as it arrives."""
    request.upload_handlers = [TemporaryFileUploadHandler(request)]
    return _job_results_input(request, pk)


@csrf_protect
@opened_or_sent
def _job_results_input(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job_or_404(request, pk)
    get_project_or_404(person_of(request), job.project_id, Role.OPERATOR)
    if not may_open_results(person_of(request), job.project):
        return _refused(request, job)
    archive = get_object_or_404(Archive, job=job, status=ArchiveStatus.SAVED)
    form = InputForm(*entered(request))
    if form.is_bound and form.is_valid():
        try:
            lines = inputs.attach(archive, form.name, form.chunks, by=actor_of(request))
            messages.success(request, f"Attached {many(lines, 'line')}: rows now show their request.")
            return redirect("job_results", pk)
        except inputs.InputRefused as exc:
            form.add_error("file", str(exc))
    answer = head_context(job, archive, timezone.now()) | source_context(job, archive) | {"form": form}
    return render(request, "results/input.html", answer, status=422 if form.is_bound else 200)


@require_POST
def job_results_requests(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a worker read the requests from where the job did; then back to the row they were wanted for."""
    job = _job_or_404(request, pk)
    get_project_or_404(person_of(request), job.project_id, Role.OPERATOR)
    if not may_open_results(person_of(request), job.project):
        return _refused(request, job)
    archive = get_object_or_404(Archive, job=job, status=ArchiveStatus.SAVED)
    exports.want(archive, by=person_of(request), at=timezone.now(), form=exports.REQUESTS)
    line = request.POST.get("line", "")
    if line.isascii() and line.isdigit() and len(line) < 18:
        return redirect("job_results_row", pk, int(line))
    return redirect("job_results_input", pk)


@require_POST
def job_results_detach(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job_or_404(request, pk)
    get_project_or_404(person_of(request), job.project_id, Role.OPERATOR)
    inputs.detach(get_object_or_404(Archive, job=job), by=actor_of(request))
    messages.success(request, "The attached file is forgotten.")
    return redirect("job_results", pk)


@require_safe
def job_results_line(request: HttpRequest, pk: int, line: int) -> HttpResponseBase:
    """The bytes of one line as they came, as a file: a browser is not to interpret them."""
    job = _job_or_404(request, pk)
    if not may_open_results(person_of(request), job.project):
        return _refused(request, job)
    archive = get_object_or_404(Archive, job=job, status=ArchiveStatus.SAVED)
    note_visit(request, job)
    with open_archive(archive) as opened:
        raw = opened.line(line)
    if not raw:
        raise Http404("There is no such line.")
    name = f"job-{job.pk}-line-{line}.json"
    return FileResponse(BytesIO(raw), as_attachment=True, filename=name, content_type="application/octet-stream")


@require_POST
def job_results_parquet(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a worker make a Parquet file; the page offers it when it is ready."""
    job = _job_or_404(request, pk)
    if not may_open_results(person_of(request), job.project):
        return _refused(request, job)
    archive = get_object_or_404(Archive, job=job, status=ArchiveStatus.SAVED)
    exports.want(archive, by=person_of(request), at=timezone.now())
    messages.success(request, "The Parquet file is being made; it appears here when it is ready.")
    return redirect("job_results", pk)


def note_visit(request: HttpRequest, job: BatchJob) -> None:
    """Write down that results were opened, once a visit: half an hour of one person at one job."""
    by = actor_of(request)
    if cache.add(f"opened:{by.user and by.user.pk}:{job.pk}", 1, VISIT_SECONDS):
        audit.record("open results", job, by=by.user, at=by.at, address=by.address)


def _rows(job: BatchJob, archive: Archive, chosen: RowFilter) -> dict[str, Any]:
    """The rows; where the storage lost them, why there are none."""
    try:
        with open_archive(archive) as opened:
            return rows_context(job, archive, opened, chosen)
    except Missing as exc:
        return {"missing": str(exc)}


def _job_or_404(request: HttpRequest, pk: int) -> BatchJob:
    return get_object_or_404(BatchJob.objects.visible_to(person_of(request)).select_related("project"), pk=pk)


def _refused(request: HttpRequest, job: BatchJob) -> HttpResponse:
    """Who may: a member who is refused can ask one of them."""
    return render(
        request, "results/refused.html", {"job": job, "who": ROLES[Role(job.project.results_role)]}, status=403
    )
