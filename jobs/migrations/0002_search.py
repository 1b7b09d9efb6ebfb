"""What search stands on: trigrams of ``search_text``, and a prefix index for one or two characters.

PostgreSQL indexes the column itself (pg_trgm); SQLite keeps an FTS5 table beside it, fed by triggers so that no
writer can forget it. ``contentless_delete`` needs SQLite 3.43, so the table refers to the job's own text instead.
"""

from django.db import migrations

POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX job_search_trigrams ON jobs_batchjob USING gin (search_text gin_trgm_ops)",
    "CREATE INDEX job_search_prefix ON jobs_batchjob (search_prefix text_pattern_ops)",
]
POSTGRESQL_UNDO = ["DROP INDEX job_search_prefix", "DROP INDEX job_search_trigrams"]
# What hangs on the table of jobs itself: a later migration that makes that table anew must lay these again.
SQLITE_ON_JOBS = [
    "CREATE INDEX job_search_prefix ON jobs_batchjob (search_prefix)",
    """CREATE TRIGGER jobs_search_insert AFTER INSERT ON jobs_batchjob BEGIN
         INSERT INTO jobs_search(rowid, search_text) VALUES (new.id, new.search_text); END""",
    """CREATE TRIGGER jobs_search_delete AFTER DELETE ON jobs_batchjob BEGIN
         INSERT INTO jobs_search(jobs_search, rowid, search_text) VALUES ('delete', old.id, old.search_text); END""",
    """CREATE TRIGGER jobs_search_update AFTER UPDATE OF search_text ON jobs_batchjob
       WHEN old.search_text IS NOT new.search_text BEGIN
         INSERT INTO jobs_search(jobs_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
         INSERT INTO jobs_search(rowid, search_text) VALUES (new.id, new.search_text); END""",
]
SQLITE = [
    """CREATE VIRTUAL TABLE jobs_search USING fts5(
         search_text, content='jobs_batchjob', content_rowid='id', tokenize='trigram')""",
    *SQLITE_ON_JOBS,
]
SQLITE_UNDO = [
    "DROP TRIGGER jobs_search_update",
    "DROP TRIGGER jobs_search_delete",
    "DROP TRIGGER jobs_search_insert",
    "DROP INDEX job_search_prefix",
    "DROP TABLE jobs_search",
]


def _run(statements):
    def run(apps, schema_editor):
        for statement in statements.get(schema_editor.connection.vendor, ()):
            schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]
    operations = [
        migrations.RunPython(
            _run({"postgresql": POSTGRESQL, "sqlite": SQLITE}),
            _run({"postgresql": POSTGRESQL_UNDO, "sqlite": SQLITE_UNDO}),
        )
    ]
