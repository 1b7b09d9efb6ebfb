"""The audit is append-only in the database too.

Entries keep the ids of projects and people that are deleted later, without a constraint, so that no deletion needs to
change one. On SQLite that makes the table anew; a later migration that does so must lay SQLITE again.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SENTENCE = "Audit entries are only added: none is changed or deleted."
POSTGRESQL = [
    f"""CREATE FUNCTION jobs_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'restrict_violation'; END $$""",
    """CREATE TRIGGER jobs_audit_append_only BEFORE UPDATE OR DELETE ON jobs_auditentry
       FOR EACH ROW EXECUTE FUNCTION jobs_audit_refuse()""",
]
POSTGRESQL_UNDO = ["DROP TRIGGER jobs_audit_append_only ON jobs_auditentry", "DROP FUNCTION jobs_audit_refuse()"]
SQLITE = [
    f"""CREATE TRIGGER jobs_audit_no_{verb} BEFORE {verb} ON jobs_auditentry
        BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"""
    for verb in ("update", "delete")
]
SQLITE_UNDO = ["DROP TRIGGER jobs_audit_no_update", "DROP TRIGGER jobs_audit_no_delete"]


def _run(statements):
    def run(apps, schema_editor):
        for statement in statements[schema_editor.connection.vendor]:
            schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0007_timeline'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='actor',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='project',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='jobs.project'),
        ),
        migrations.RunPython(
            _run({"postgresql": POSTGRESQL, "sqlite": SQLITE}),
            _run({"postgresql": POSTGRESQL_UNDO, "sqlite": SQLITE_UNDO}),
        ),
    ]
