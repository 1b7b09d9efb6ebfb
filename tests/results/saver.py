"""Forks a worker process for each line on stdin, which saves one archive: `python -m tests.results.saver ID`.

It says the process id; the next line waits for that process, killed meanwhile or not.
"""

import os
import sys

import django

django.setup()

from jobs.tasks import save_results  # noqa: E402


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


say("ready")
while sys.stdin.readline():
    child = os.fork()
    if not child:
        save_results(archive_id=int(sys.argv[1]))
        os._exit(0)
    say(child)
    sys.stdin.readline()
    os.waitpid(child, 0)
    say("ended")
