"""``manage.py up``: everything on one machine, under one supervisor, until Ctrl-C."""

import os
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dashboard.environment import broker_socket
from dashboard.runtime import prepare, programs, supervise
from dashboard.runtime.programs import SINCE, WORLD, Program

MANAGE = settings.BASE_DIR / "manage.py"


class Command(BaseCommand):
    help = (
        "Run web, worker with beat and, unless REDIS_URL is set, the broker; starts again what dies. Ctrl-C stops all."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="with simulated providers, and a user to sign in as")
        parser.add_argument("--speed", type=float, default=1.0, help="of the simulated providers' clock")

    def handle(self, *args: Any, demo: bool, speed: float, **options: Any) -> None:
        os.umask(0o077)  # database, logs and settings of the children are for this user alone
        self.stdout.write("Starting Batchboard …")
        self.stdout.flush()
        try:
            configuration = self._prepared(demo, speed)
        except prepare.CannotStart as exc:
            raise CommandError(str(exc)) from exc
        prepare.close_database()
        # Django is loaded here, so a child that tells where to sign in takes little time from those that start.
        if os.fork():
            self._become_supervisor(configuration)
        self._greet(demo)

    def _prepared(self, demo: bool, speed: float) -> Path:
        """Make everything ready; the path of the supervisor's configuration."""
        data: Path = settings.DATA_DIR
        self.held = prepare.hold(data, f"http://{settings.BIND}:{settings.PORT}")
        prepare.refuse_taken(settings.BIND, settings.PORT)
        for name in ("logs", "beat", "demo"):
            (data / name).mkdir(exist_ok=True, mode=0o700)
        prepare.database_and_files()
        chosen = [*self._servers(data), *(self._simulated(data, speed) if demo else [])]
        path = data / "supervisor.conf"
        path.write_text(programs.configuration(chosen, settings.BASE_DIR))
        return path

    def _servers(self, data: Path) -> list[Program]:
        started = [
            programs.web(settings.BIND, settings.PORT),
            programs.worker(settings.WORKER_THREADS, data / "beat" / "schedule"),
        ]
        if not os.environ.get("REDIS_URL"):
            folder = data / "broker"
            prepare.own_folder(folder)
            prepare.own_folder(broker_socket(data).parent)
            started.insert(0, programs.broker(broker_socket(data), folder))
        return started

    def _simulated(self, data: Path, speed: float) -> list[Program]:
        (data / WORLD).write_text("")
        port, since = prepare.kept_port(data / "demo" / "port"), prepare.kept_moment(data / SINCE)
        return [programs.simulator(MANAGE, port, speed, since, WORLD)]

    def _greet(self, demo: bool) -> None:
        from dashboard.runtime import welcome  # not before the fork: the pages need not wait for this import

        os.close(self.held)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            self.stdout.write(welcome.greet(demo=demo))
        except TimeoutError as exc:
            raise CommandError(str(exc)) from exc

    def _become_supervisor(self, configuration: Path) -> None:
        os.environ |= {"BATCHBOARD_DATA": str(settings.DATA_DIR), "PYTHONUNBUFFERED": "1"} | programs.THRIFTY
        os.chdir(settings.DATA_DIR)
        os.execv(sys.executable, [sys.executable, supervise.__file__, "-c", str(configuration)])  # noqa: S606 (ourselves)
