"""Workers at once: everything is imported already, and each line "go" on stdin forks a whole Celery worker.

Prints the worker's process id. What a worker imports takes seconds; a test that kills twenty of them needs many.
"""

import os
import sys
from importlib import import_module

from django import setup

WORKER = (
    "celery.bin.worker",
    "celery.concurrency.thread",
    "celery.worker.autoscale",
    "celery.worker.consumer",
    "kombu.transport.redis",
)
ALONE = ["--without-mingle", "--without-gossip", "--without-heartbeat"]


def main() -> None:
    setup()
    for name in WORKER:
        import_module(name)

    import jobs.tasks  # noqa: F401
    from dashboard.celery import app

    app.loader.import_default_modules()
    for _ in sys.stdin:
        worker = os.fork()
        if not worker:
            os.close(0)
            os.dup2(2, 1)
            app.worker_main(["worker", "-P", "threads", "-c", "4", "-l", "WARNING", *ALONE])
            os._exit(0)
        sys.stdout.write(f"{worker}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
