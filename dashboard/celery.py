"""The Celery application: messages are hints, rows are the truth (DESIGN 5), so results are not kept."""

import os

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_ready

from . import beat
from .memory import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

app = Celery("batchboard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["jobs"])
beat.install(app)


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Where anybody listens, Celery leaves the logging of the settings as it is."""


@worker_init.connect
def refuse_to_start(**_: object) -> None:
    from .schema import refuse_pending_migrations  # the settings are read when a worker starts, not on import

    refuse_pending_migrations()


@worker_ready.connect
def settle_down(**_: object) -> None:
    settle()
