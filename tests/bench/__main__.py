"""``make bench``: what docs say must hold, measured side by side with a reference in the same run.

``python -m tests.bench [NAME…]`` runs only the named ones.
"""

import subprocess
import sys

BENCHES = {
    "sync-sqlite": ("Sync on SQLite", ["tests.bench.sync", "sqlite"]),
    "sync-postgresql": ("Sync on PostgreSQL", ["tests.bench.sync", "postgresql"]),
    "lists-sqlite": ("List page, 100,000 jobs on SQLite", ["tests.bench.lists", "sqlite", "100000"]),
    "lists-postgresql": ("List page, 1,000,000 jobs on PostgreSQL", ["tests.bench.lists", "postgresql", "1000000"]),
    "timeline": ("Timeline, 1,000,000 jobs on PostgreSQL", ["tests.bench.timeline", "postgresql", "1000000"]),
    "viewers": ("1,000 open pages", ["tests.bench.viewers"]),
    "downloads": ("Downloads of 1 GiB", ["tests.bench.downloads"]),
    "operations-sqlite": ("Operations on SQLite", ["tests.bench.operations", "sqlite"]),
    "operations-postgresql": ("Operations on PostgreSQL", ["tests.bench.operations", "postgresql"]),
    "results": ("A 1 GiB archive", ["tests.bench.results"]),
    "live": ("What a browser shows", ["tests.bench.live"]),
    "stack": ("The embedded stack, idle", ["tests.bench.stack"]),
}


def main() -> int:
    failed = []
    for name in sys.argv[1:] or BENCHES:
        title, words = BENCHES[name]
        sys.stdout.write(f"\n{title}\n")
        sys.stdout.flush()
        if subprocess.run([sys.executable, "-m", *words]).returncode:
            failed.append(name)
    if failed:
        sys.stdout.write(f"\nCould not be measured: {', '.join(failed)}\n")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
