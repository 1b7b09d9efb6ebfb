"""What a worker makes of an archive: a Parquet file, or the requests fetched beside it. A person wants it, once."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q, QuerySet

from jobs.models import Archive, ArchiveStatus, Export, User
from jobs.projects import Actor
from jobs.providers.base import ProviderError

from . import inputs, parquet, storing
from .archives import open_archive
from .exporting import full_lines
from .originals import Archived
from .places import Missing

log = logging.getLogger(__name__)

PARQUET, REQUESTS = "parquet", "requests"
MOST_ATTEMPTS = 3
AT_ONCE = 20  # hinted at in one tick
Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """Another worker took the export over; nothing more may be written."""


def want(archive: Archive, *, by: User | None, at: datetime, form: str = PARQUET) -> Export:
    """Have one made of a saved archive; asked for again, what failed is tried again."""
    assert archive.status == ArchiveStatus.SAVED
    export, _ = Export.objects.get_or_create(
        archive=archive, format=form, defaults={"requested_at": at, "requested_by": by}
    )
    if export.error:
        Export.objects.filter(pk=export.pk, ready_at=None).update(error="", attempts=0, requested_at=at)
        export.refresh_from_db()
    return export


def forget(archive: Archive) -> None:
    """Delete the files made of an archive, which is about to go or to change."""
    exports = Export.objects.filter(archive=archive)
    storing.drop(exports.values_list("file", flat=True))
    exports.delete()


def due(at: datetime) -> list[int]:
    """Exports that no worker holds, the first that was wanted first."""
    wanted = Export.objects.filter(_free(at), ready_at=None, error="").order_by("requested_at")
    return list(wanted.values_list("pk", flat=True)[:AT_ONCE])


def make(export_id: int, *, now: Clock) -> bool:
    """Make one export; whether it was made here. A worker killed meanwhile costs one lease."""
    token = _claim(export_id, now())
    export = (
        Export.objects.select_related("archive__job__project", "requested_by")
        .filter(pk=export_id, lease_token=token)
        .first()
    )
    if token is None or export is None:
        return False
    try:
        MAKERS[export.format](export, token, now)
    except (Missing, storing.NoRoom, OSError, inputs.InputRefused, ProviderError) as exc:
        said = str(exc) if not isinstance(exc, OSError) else "The file could not be written: look at the server's disk."
        _held(export, token).update(error=said, leased_until=None)
        log.warning("export=%s failed: %s", export_id, exc)
        return False
    except LeaseLost:
        return False
    return True


def _claim(export_id: int, at: datetime) -> UUID | None:
    """A file that ends the worker which makes it is given up after some attempts."""
    token = uuid4()
    row = Export.objects.filter(_free(at), pk=export_id, ready_at=None, error="")
    hopeless = row.filter(attempts__gte=MOST_ATTEMPTS)
    if hopeless.update(error="Making the file ended its worker three times: look at the server's log and memory."):
        return None
    attempts = Export.objects.filter(pk=export_id).values_list("attempts", flat=True).first() or 0
    taken = row.update(leased_until=_until(at), lease_token=token, attempts=attempts + 1)
    return token if taken == 1 else None


def _fetch_requests(export: Export, token: UUID, now: Clock) -> None:
    """The archive's row names them, so that nothing remains to be offered."""
    renew, by = _renewal(export, token, now), Actor(export.requested_by, now())
    inputs.fetch(export.archive, by=by, tick=lambda size: renew())
    _held(export, token).delete()


def _make_parquet(export: Export, token: UUID, now: Clock) -> None:
    archive = export.archive
    storing.check_room(archive.size or 0)
    with storing.spool() as folder, open_archive(archive) as opened:
        path = folder / "results.parquet"
        parquet.write(full_lines(Archived(opened)), path, tick=_renewal(export, token, now))
        size = path.stat().st_size
        name = storing.keep(path, f"{archive.job.project_id}/{archive.job_id}-{token.hex[:12]}.parquet")
    done = _held(export, token).filter(archive__sha256=archive.sha256)
    if done.update(ready_at=now(), file=name, size=size, leased_until=None) != 1:
        storing.drop([name])
        raise LeaseLost


MAKERS = {PARQUET: _make_parquet, REQUESTS: _fetch_requests}


def _renewal(export: Export, token: UUID, now: Clock) -> Callable[[], None]:
    """Keeps the lease while rows are written; raises LeaseLost when it is another's."""
    held = now()

    def renew() -> None:
        nonlocal held
        at = now()
        if at - held > timedelta(seconds=settings.RESULTS_LEASE_SECONDS / 3):
            if _held(export, token).update(leased_until=_until(at)) != 1:
                raise LeaseLost
            held = at

    return renew


def _held(export: Export, token: UUID) -> "QuerySet[Export]":
    return Export.objects.filter(pk=export.pk, lease_token=token, ready_at=None)


def _until(at: datetime) -> datetime:
    return at + timedelta(seconds=settings.RESULTS_LEASE_SECONDS)


def _free(at: datetime) -> Q:
    return Q(leased_until=None) | Q(leased_until__lte=at)
