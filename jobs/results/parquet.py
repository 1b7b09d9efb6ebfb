"""Results as a Parquet file: columns to compute with, and each line as it is."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from .exporting import Full

ROWS_AT_ONCE = 1_000
BYTES_AT_ONCE = 16 * 1024 * 1024


def write(lines: Iterable[Full], path: Path, *, tick: Callable[[], None] = lambda: None) -> int:
    """Write ``lines`` to ``path``, a thousand rows in memory at a time; how many there were.

    ``tick`` is called with each batch; what it raises ends the work.
    """
    # Imported by the workers that make such a file, not by each process: it takes 60 MB.
    import pyarrow
    import pyarrow.parquet

    schema = pyarrow.schema([(name, getattr(pyarrow, kind)()) for name, (kind, _) in COLUMNS.items()])
    rows = 0
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(lines):
            tick()
            columns = {name: [take(full) for full in batch] for name, (_, take) in COLUMNS.items()}
            writer.write_table(pyarrow.table(columns, schema))
            rows += len(batch)
    return rows


def _batches(lines: Iterable[Full]) -> Iterator[list[Full]]:
    lines, size, batch = iter(lines), 0, list[Full]()
    for full in lines:
        batch.append(full)
        size += len(full.body)
        if len(batch) >= ROWS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


COLUMNS: dict[str, tuple[str, Callable[[Full], Any]]] = {
    "line": ("int64", lambda full: full.number),
    "key": ("string", lambda full: _safe(full.line.key)),
    "outcome": ("string", lambda full: full.line.outcome.value),
    "finish_reason": ("string", lambda full: _safe(full.line.finish_reason)),
    "invalid_json": ("bool_", lambda full: full.line.invalid_json),
    "prompt_tokens": ("int64", lambda full: full.line.prompt_tokens),
    "output_tokens": ("int64", lambda full: full.line.output_tokens),
    "cached_tokens": ("int64", lambda full: full.line.cached_tokens),
    "error": ("string", lambda full: _safe(full.line.error)),
    "text": ("string", lambda full: _safe(full.text)),
    "request": ("string", lambda full: _safe(full.request)),
    "original": ("binary", lambda full: full.body),
}


def _safe(text: str) -> str:
    """Half surrogates cannot be written as UTF-8."""
    return text.encode(errors="replace").decode()
