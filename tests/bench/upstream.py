"""The reference server of the downloads: one file of a given size, prebuilt, in a process of its own."""

import json
import sys
import time
from datetime import UTC, datetime

from jobs.simulator.app import Simulator
from jobs.simulator.clock import Clock
from jobs.simulator.serve import serving

LINE = 530  # bytes, about


def main() -> None:
    simulator = Simulator(clock=Clock(datetime(2026, 11, 22, 12, tzinfo=UTC)))
    account = simulator.add_gemini()
    requests = int(sys.argv[1]) // LINE
    job = account.add_job(requests=requests, failed=requests // 100, queue_seconds=0, run_seconds=0)
    with serving(simulator, fast=True) as url:
        sys.stdout.write(
            json.dumps({"url": url, "key": account.key, "name": job.name, "output": job.output_name}) + "\n"
        )
        sys.stdout.flush()
        time.sleep(3600)


if __name__ == "__main__":
    main()
