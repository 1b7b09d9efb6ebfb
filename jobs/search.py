"""Finding jobs by text: trigrams for three characters and more, a prefix index for one or two."""

import json
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, TextField
from django.db.models.lookups import Contains, StartsWith
from django.db.models.sql.compiler import SQLCompiler

from .models import BatchJob, BatchJobQuerySet

TRIGRAM = 3
PREFIX = 32  # characters of ``search_prefix``
LAST = "\U0010ffff"  # no character sorts behind it


class Holds(Contains):
    """``search_text__holds=word`` for three characters or more: LIKE by pg_trgm on PostgreSQL, FTS5 on SQLite."""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        key, _ = compiler.compile(BatchJob._meta.pk.get_col(self.lhs.alias))
        phrase = '"' + self.rhs.replace('"', '""') + '"'
        return f"{key} IN (SELECT rowid FROM jobs_search WHERE jobs_search MATCH %s)", [phrase]  # noqa: S608 (a column)


TextField.register_lookup(Holds, "holds")


class Begins(StartsWith):
    """``search_prefix__begins=text``: LIKE on PostgreSQL; a range on SQLite, whose LIKE asks no index."""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, _ = compiler.compile(self.lhs)
        return f"{column} BETWEEN %s AND %s", [self.rhs, self.rhs + LAST * PREFIX]


CharField.register_lookup(Begins, "begins")


def matching(jobs: BatchJobQuerySet, text: str, *, walked: bool = False) -> BatchJobQuerySet:
    """Jobs whose text holds every word of ``text``; without a word long enough for trigrams, whose name starts so.

    ``walked``: jobs are looked at one by one in their order, so no index of words is asked.
    """
    # Of a whole name, as people paste it, the last segment is what tells jobs apart.
    words = [word.rstrip("/").rpartition("/")[2] or word for word in text.lower().split()]
    if words and max(map(len, words)) < TRIGRAM:
        called = " ".join(words)
        return jobs.filter(search_prefix__startswith=called) if walked else jobs.filter(search_prefix__begins=called)
    for word in words:
        trigrams = len(word) >= TRIGRAM and not walked
        jobs = jobs.filter(search_text__holds=word) if trigrams else jobs.filter(search_text__contains=word)
    return jobs


def has_statistics() -> bool:
    """Whether the database knows how many rows to expect; SQLite does not."""
    return connection.vendor == "postgresql"


def expected(jobs: BatchJobQuerySet) -> int:
    """How many rows PostgreSQL's planner expects by its statistics."""
    (explained,) = json.loads(jobs.values("pk").explain(format="json"))
    return int(explained["Plan"]["Plan Rows"])
