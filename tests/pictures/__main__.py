"""``python -m tests.pictures [NAME…] [--to FOLDER] [--seed SEED] [--looks light,dark,narrow,…] [--docs]``.

All pictures go to the folder; with ``--docs``, the chosen ones and their index to docs/ as well.
"""

import os
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from pathlib import Path

from tests import services


def main() -> None:
    wanted = options()
    with ExitStack() as stack:
        set_up(stack)
        from .album import take_all

        take_all(wanted.names, wanted.looks.split(","), wanted.to, wanted.seed, docs=wanted.docs)


def options() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.pictures")
    parser.add_argument("names", nargs="*", help="only these pictures")
    parser.add_argument("--to", type=Path, default=Path("data/screenshots"), help="the folder for all of them")
    parser.add_argument("--seed", default="1", help="same seed, same pictures")
    parser.add_argument("--looks", default="light,dark,narrow", help="also smallest, wall and print")
    parser.add_argument("--docs", action="store_true", help="take those of the documentation, and write its index")
    return parser.parse_args()


def set_up(stack: ExitStack) -> None:
    """An empty database, Redis, and Django on them. Keys are fixed, because links and marks are made with them."""
    services.start("sqlite", stack)
    os.environ["SECRET_KEY"] = "pictures" * 8
    os.environ["CREDENTIAL_KEYS"] = f"{'picture' * 6}o="
    os.environ["REDIS_URL"] = services.redis_url(0)
    os.environ["BATCHBOARD_DATA"] = str(services.folder() / "data")
    os.environ |= {"PROJECT_REQUESTS_PER_MINUTE": "1000000", "LOG_LEVEL": "ERROR", "RESULTS_MIN_FREE_GB": "0"}
    os.environ |= {"DJANGO_SETTINGS_MODULE": "dashboard.settings", "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    main()
