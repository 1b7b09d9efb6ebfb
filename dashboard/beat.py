"""Beat inside the worker, for the installation on one machine: `celery worker --beat-thread`.

Celery's own `worker -B` forks a second process: twice the memory, an orphan that ticks on after a kill -9 of the
worker, and nobody to see it die alone. A thread ends with its worker, and a worker whose beat ended ends too.
"""

import os
import signal
from threading import Thread
from typing import Any

from celery import Celery, bootsteps
from celery.beat import Service
from click import Option


class BeatThread(bootsteps.StartStopStep):
    def __init__(self, worker: Any, beat_thread: bool = False, **options: Any) -> None:
        self.enabled = beat_thread
        self.stopping = False
        self.service: Service | None = None

    def include_if(self, worker: Any) -> bool:
        return self.enabled

    def start(self, worker: Any) -> None:
        self.service = Service(worker.app, schedule_filename=worker.schedule_filename)
        Thread(target=self.tick, args=[self.service], name="beat", daemon=True).start()

    def tick(self, service: Service) -> None:
        """Until stopped; ended by anything else, take the worker along: its supervisor starts both again."""
        try:
            service.start()
        finally:
            if not self.stopping:
                os.kill(os.getpid(), signal.SIGTERM)

    def stop(self, worker: Any) -> None:
        """Not waited for: the schedule's file is written every three minutes, and what is lost are hints."""
        self.stopping = True
        if self.service:
            self.service.stop()


def install(app: Celery) -> None:
    app.user_options["worker"].add(Option(["--beat-thread"], is_flag=True, help="Run beat as a thread of this worker."))
    app.steps["worker"].add(BeatThread)
