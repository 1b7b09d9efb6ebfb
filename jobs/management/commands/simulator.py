"""``manage.py simulator``: the providers of a whole company on one port, for demo and benchmarks."""

import os
import signal
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from jobs.simulator.clock import Clock
from jobs.simulator.serve import address, build, describe, listen, server


def moment(text: str) -> datetime:
    """Aware; UTC where ``text`` names no zone. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Serve simulated Gemini and Vertex AI accounts; prints one JSON line when ready."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--seed", default="1", help="the same seed gives the same world")
        parser.add_argument(
            "--speed", type=float, default=1.0, help="simulated seconds per second; 0 = time stands still"
        )
        parser.add_argument("--jobs", type=int, default=600, help="jobs at the start, over all accounts")
        parser.add_argument("--latency-ms", type=float, default=0.0, help="how long every answer waits")
        parser.add_argument("--accounts", type=int, default=3, help="every third one is Vertex AI")
        parser.add_argument(
            "--since", type=moment, metavar="TIME", help="the world began then (ISO 8601), so a restart continues it"
        )
        parser.add_argument("--fast", action="store_true", help="prebuilt list pages and a clock that stands still")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            bound = listen(options["host"], options["port"])
        except (OSError, OverflowError) as error:
            place = f"{options['host']}:{options['port']}"
            raise CommandError(f"Cannot listen on {place}: {error}. Choose another --port.") from error
        fast = options["fast"]
        clock = Clock(options["since"], speed=0.0 if fast else options["speed"])
        simulator = build(options["accounts"], options["jobs"], options["seed"], clock, every=0.0 if fast else 90.0)
        clock.set(datetime.now(UTC))
        simulator.latency = options["latency_ms"] / 1000
        running = server(simulator, lambda: self._announce(describe(simulator, address(bound))), fast)
        # uvicorn raises the signal that stopped it once more at its end; an ordinary end is what we want.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: simulator.stop())
        running.run(sockets=[bound])
        simulator.scratch.remove()
        # Threads still held by a slow client must not keep the process.
        self.stdout.flush()
        os._exit(0)

    def _announce(self, world: dict[str, Any]) -> None:
        self.stdout.write(msgspec.json.encode(world).decode())
        self.stdout.flush()
