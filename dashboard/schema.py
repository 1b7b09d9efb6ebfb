"""No process works on a database that waits for migrations: it would fail half-way, in the middle of the night."""

from django.db import OperationalError, connection

from jobs.schema import pending_migrations
from jobs.wording import many


def refuse_pending_migrations() -> None:
    """Raise SystemExit with one sentence when the database is away or not migrated."""
    try:
        pending = pending_migrations()
    except OperationalError as exc:
        raise SystemExit(f"The database does not answer; check DATABASE_URL. {exc}".strip()) from exc
    finally:
        connection.close()
    if pending:
        named = ", ".join(pending[:3]) + (" …" if len(pending) > 3 else "")
        raise SystemExit(
            f"The database waits for {many(len(pending), 'migration')} ({named}): run `manage.py migrate` first."
        )
