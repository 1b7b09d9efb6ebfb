"""The reference server of the downloads: one file of a given size, prebuilt, in a process of its own."""

import json
import sys
import time
from datetime import UTC, datetime

import httpx

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


def built(url: str, key: str) -> None:
    """Asked for once, the file is there: making a gigabyte of lines takes longer than a client waits."""
    headers = {"x-goog-api-key": key, "range": "bytes=0-0"}
    assert httpx.get(url, headers=headers, timeout=600).status_code == 206


if __name__ == "__main__":
    main()
