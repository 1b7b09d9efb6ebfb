"""An operation run by the process that asked for it, as workers would: the same claims, beside them if they live."""

import time
from collections.abc import Callable
from datetime import datetime

from jobs.models import Operation, OperationItem, OperationStatus

from . import saving
from .ending import finish, start
from .running import run

TURN = 30.0  # seconds for one project, before the next has its turn
PAUSE = 0.2  # seconds between two looks while nothing is due


def run_to_end(
    operation: Operation, *, now: Callable[[], datetime], pause: Callable[[float], None] = time.sleep
) -> Operation:
    """Wait for the undo window, work on every project in turn, and wait for what is to be seen."""
    while operation.status in (OperationStatus.CONFIRMED, OperationStatus.RUNNING):
        start(now(), only=operation.pk)
        due = OperationItem.objects.due(now()).filter(operation=operation, operation__status=OperationStatus.RUNNING)
        projects = list(due.filter(project__isnull=False).order_by().values_list("project_id", flat=True).distinct())
        for project in projects:
            run(operation.pk, project, now=now, seconds=TURN)
        saving.save_here(operation, now=now)
        if not projects:
            finish(operation.pk, at=now())
            pause(PAUSE)
        operation.refresh_from_db()
    return operation
