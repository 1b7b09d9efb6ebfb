"""Finding jobs by text: trigrams for three characters and more, a prefix index for one or two."""

import json
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import TextField
from django.db.models.lookups import Contains
from django.db.models.sql.compiler import SQLCompiler

from .models import BatchJob, BatchJobQuerySet

TRIGRAM = 3


class Holds(Contains):
    """``search_text__holds=word`` for three characters or more: LIKE by pg_trgm on PostgreSQL, FTS5 on SQLite."""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        key, _ = compiler.compile(BatchJob._meta.pk.get_col(self.lhs.alias))
        phrase = '"' + self.rhs.replace('"', '""') + '"'
        return f"{key} IN (SELECT rowid FROM jobs_search WHERE jobs_search MATCH %s)", [phrase]  # noqa: S608 (a column)


TextField.register_lookup(Holds, "holds")


def matching(jobs: BatchJobQuerySet, text: str, *, walked: bool = False) -> BatchJobQuerySet:
    """Jobs whose text holds every word of ``text``; without a word long enough for trigrams, whose name starts so.

    ``walked``: jobs are looked at one by one in their order, so no index of words is asked.
    """
    # Of a whole name, as people paste it, the last segment is what tells jobs apart.
    words = [word.rstrip("/").rpartition("/")[2] or word for word in text.lower().split()]
    if words and max(map(len, words)) < TRIGRAM:
        return jobs.filter(search_prefix__startswith=" ".join(words))
    for word in words:
        trigrams = len(word) >= TRIGRAM and not walked
        jobs = jobs.filter(search_text__holds=word) if trigrams else jobs.filter(search_text__contains=word)
    return jobs


def expected(jobs: BatchJobQuerySet) -> int | None:
    """How many rows the planner expects by its statistics; None on SQLite, which keeps none."""
    if connection.vendor != "postgresql":
        return None
    (explained,) = json.loads(jobs.values("pk").explain(format="json"))
    return int(explained["Plan"]["Plan Rows"])
