"""Archives, exports and prices.

SQLite makes the table of jobs anew for a new column, without what hangs on it: search is laid again.
"""

import datetime
import json
from decimal import Decimal
from pathlib import Path
from importlib import import_module

import django.db.models.deletion
import jobs.models.people
from django.conf import settings
from django.db import migrations, models


def lay_search_again(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for statement in import_module("jobs.migrations.0002_search").SQLITE_ON_JOBS:
            schema_editor.execute(statement)


def load_prices(apps, schema_editor):
    path = Path(__file__).parents[1] / "results" / "prices.json"
    rows = json.loads(path.read_text(), parse_float=Decimal)
    apps.get_model("jobs", "Price").objects.bulk_create(apps.get_model("jobs", "Price")(**row) for row in rows)


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0003_project_swept_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='auditentry',
            name='reason',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='result',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='batchjob',
            name='cost',
            field=models.DecimalField(decimal_places=6, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name='batchjob',
            name='kept_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='batchjob',
            name='kept_by',
            field=models.CharField(blank=True, db_default='', max_length=150),
        ),
        migrations.AddField(
            model_name='batchjob',
            name='results_state',
            field=models.CharField(blank=True, db_default='', max_length=10),
        ),
        migrations.AddField(
            model_name='batchjob',
            name='warning',
            field=models.CharField(blank=True, db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='project',
            name='approval_above',
            field=models.PositiveIntegerField(default=1000),
        ),
        migrations.AddField(
            model_name='project',
            name='archive_mode',
            field=models.CharField(choices=[('finish', 'When a job finishes'), ('demand', 'When somebody asks'), ('off', 'Never')], default='finish', max_length=10),
        ),
        migrations.AddField(
            model_name='project',
            name='results_role',
            field=models.CharField(default=jobs.models.people.Role['VIEWER'], max_length=10),
        ),
        migrations.AddField(
            model_name='user',
            name='columns',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='user',
            name='rows_per_page',
            field=models.PositiveSmallIntegerField(default=50),
        ),
        migrations.AddField(
            model_name='user',
            name='time_zone',
            field=models.CharField(blank=True, max_length=50),
        ),
        migrations.CreateModel(
            name='Archive',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('saving', 'Saving'), ('saved', 'Saved'), ('refused', 'Refused'), ('lost', 'Lost')], default='waiting', max_length=10)),
                ('wanted_at', models.DateTimeField()),
                ('wanted_by', models.CharField(blank=True, max_length=150)),
                ('expires_at', models.DateTimeField(null=True)),
                ('next_attempt_at', models.DateTimeField()),
                ('leased_until', models.DateTimeField(null=True)),
                ('lease_token', models.UUIDField(null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('error_kind', models.CharField(blank=True, max_length=20)),
                ('error', models.TextField(blank=True)),
                ('saved_at', models.DateTimeField(null=True)),
                ('file', models.CharField(blank=True, max_length=300)),
                ('index_file', models.CharField(blank=True, max_length=300)),
                ('size', models.BigIntegerField(null=True)),
                ('stored_size', models.BigIntegerField(null=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('parts', models.JSONField(default=list)),
                ('note', models.TextField(blank=True)),
                ('lines', models.BigIntegerField(null=True)),
                ('ok', models.BigIntegerField(default=0)),
                ('failed', models.BigIntegerField(default=0)),
                ('truncated', models.BigIntegerField(default=0)),
                ('blocked', models.BigIntegerField(default=0)),
                ('empty', models.BigIntegerField(default=0)),
                ('broken', models.BigIntegerField(default=0)),
                ('invalid_json', models.BigIntegerField(default=0)),
                ('missing_key', models.BigIntegerField(default=0)),
                ('duplicate_keys', models.BigIntegerField(default=0)),
                ('prompt_tokens', models.BigIntegerField(default=0)),
                ('output_tokens', models.BigIntegerField(default=0)),
                ('cached_tokens', models.BigIntegerField(default=0)),
                ('input_file', models.CharField(blank=True, max_length=300)),
                ('input_index', models.CharField(blank=True, max_length=300)),
                ('input_size', models.BigIntegerField(null=True)),
                ('input_lines', models.BigIntegerField(null=True)),
                ('job', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='archive', to='jobs.batchjob')),
            ],
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('format', models.CharField(max_length=20)),
                ('requested_at', models.DateTimeField()),
                ('leased_until', models.DateTimeField(null=True)),
                ('lease_token', models.UUIDField(null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('ready_at', models.DateTimeField(null=True)),
                ('file', models.CharField(blank=True, max_length=300)),
                ('size', models.BigIntegerField(null=True)),
                ('error', models.TextField(blank=True)),
                ('archive', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to='jobs.archive')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Price',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.CharField(max_length=200)),
                ('starts_on', models.DateField(default=datetime.date(2024, 1, 1))),
                ('input', models.DecimalField(decimal_places=6, max_digits=16)),
                ('output', models.DecimalField(decimal_places=6, max_digits=16)),
                ('cached', models.DecimalField(decimal_places=6, max_digits=16, null=True)),
                ('batch_discount', models.DecimalField(decimal_places=3, default=0, max_digits=4)),
                ('note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['model', '-starts_on'],
                'constraints': [models.UniqueConstraint(models.F('model'), models.F('starts_on'), name='price_once_per_day'), models.CheckConstraint(condition=models.Q(('input__gte', 0), ('output__gte', 0)), name='price_not_negative'), models.CheckConstraint(condition=models.Q(('batch_discount__gte', 0), ('batch_discount__lte', 1)), name='price_discount_a_share')],
            },
        ),
        migrations.AddIndex(
            model_name='archive',
            index=models.Index(models.F('expires_at'), models.F('wanted_at'), condition=models.Q(('status__in', ('waiting', 'saving'))), name='archive_due'),
        ),
        migrations.AddConstraint(
            model_name='archive',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'saving', 'saved', 'refused', 'lost'])), name='archive_known_status'),
        ),
        migrations.AddConstraint(
            model_name='archive',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'saved'), _negated=True), models.Q(('saved_at__isnull', False), ('size__isnull', False), models.Q(('file', ''), _negated=True), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='archive_saved_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.UniqueConstraint(models.F('archive'), models.F('format'), name='export_once_per_format'),
        ),
        migrations.AddIndex(
            model_name='batchjob',
            index=models.Index(models.F('id'), condition=models.Q(('gone_at', None), ('results_state', ''), models.Q(('output__gt', ''), ('reported', 'succeeded'), _connector='OR')), name='job_results_new'),
        ),
        migrations.AddIndex(
            model_name='batchjob',
            index=models.Index(models.F('results_state'), models.F('by_created'), models.F('id'), condition=models.Q(('results_state__gt', '')), name='job_results'),
        ),
        migrations.AddIndex(
            model_name='batchjob',
            index=models.Index(models.F('expires_at'), models.F('id'), condition=models.Q(('results_state', 'waiting')), name='job_results_expiry'),
        ),
        migrations.AddIndex(
            model_name='batchjob',
            index=models.Index(models.F('by_created'), models.F('id'), condition=models.Q(('warning__gt', '')), name='job_warned'),
        ),
        migrations.AddIndex(
            model_name='batchjob',
            index=models.Index(models.F('by_created'), models.F('id'), condition=models.Q(('kept_at__isnull', False)), name='job_kept'),
        ),
        migrations.RunPython(lay_search_again, migrations.RunPython.noop),
        migrations.RunPython(load_prices, migrations.RunPython.noop),
    ]
