"""Reading tables over the BigQuery REST API (WIRE 3.2)."""

from datetime import datetime
from typing import Any

import msgspec
from werkzeug.wrappers import Response

from jobs.simulator.call import VertexCall
from jobs.simulator.results import Lines, RequestLines
from jobs.simulator.storage import Table
from jobs.simulator.wire import WireError, make_token, page_size, read_token, reply

TYPES = {
    "key": "STRING",
    "request": "STRING",
    "response": "STRING",
    "status": "STRING",
    "processed_time": "TIMESTAMP",
}


def _lines(call: VertexCall, project: str, dataset: str, table: str) -> Lines | Table:
    if project not in (call.account.cloud_project, call.account.cloud_number) or call.account.storage.closed:
        raise WireError(403, f"Access Denied: Table {project}:{dataset}.{table}", old_style=True)
    lines = call.account.storage.table(dataset, table)
    if lines is None:
        raise WireError(404, f"Not found: Table {project}:{dataset}.{table}", old_style=True)
    return lines


def _fields(lines: Lines | Table) -> list[dict[str, Any]]:
    if isinstance(lines, Table):
        return lines.fields
    names = ["key", "request"] if isinstance(lines, RequestLines) else list(TYPES)
    return [{"name": name, "type": TYPES[name], "mode": "NULLABLE"} for name in names]


def get_table(call: VertexCall, project: str, dataset: str, table: str) -> Response:
    lines = _lines(call, project, dataset, table)
    written = call.account.storage.tables[dataset, table].written(call.now)
    reference = {"projectId": call.account.cloud_project, "datasetId": dataset, "tableId": table}
    body = {
        "kind": "bigquery#table",
        "id": f"{call.account.cloud_project}:{dataset}.{table}",
        "tableReference": reference,
        "schema": {"fields": _fields(lines)},
        "numRows": str(lines.count),
        "numBytes": str(lines.size),
        "creationTime": _milliseconds(written),
        "lastModifiedTime": _milliseconds(written),
        "type": "TABLE",
        "location": call.account.location,
    }
    return reply(body)


def _milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


def list_tables(call: VertexCall, project: str, dataset: str) -> Response:
    storage = call.account.storage
    names = sorted(name for owner, name in storage.tables if owner == dataset and storage.table(owner, name))
    references = [{"projectId": project, "datasetId": dataset, "tableId": name} for name in names]
    tables = [{"kind": "bigquery#table", "tableReference": reference, "type": "TABLE"} for reference in references]
    return reply({"kind": "bigquery#tableList", "tables": tables, "totalItems": len(tables)})


def list_rows(call: VertexCall, project: str, dataset: str, table: str) -> Response:
    """Rows as f/v cells in the order of the schema."""
    lines, args = _lines(call, project, dataset, table), call.request.args
    start = int(read_token(args["pageToken"], 1)[0]) if args.get("pageToken") else int(args.get("startIndex", 0))
    stop = min(start + page_size(call.request, 1000, 10_000, "maxResults"), lines.count)
    selected = args.get("selectedFields")
    fields = [field["name"] for field in _fields(lines) if selected is None or field["name"] in selected.split(",")]
    microseconds = args.get("formatOptions.useInt64Timestamp", "").lower() == "true"
    body: dict[str, Any] = {
        "kind": "bigquery#tableDataList",
        "etag": "simulated",
        "totalRows": str(lines.count),
    }
    if rows := [_row(lines, number, fields, microseconds) for number in range(start, stop)]:
        body["rows"] = rows
    if stop < lines.count:
        body["pageToken"] = make_token(str(stop))
    return reply(body)


def _row(lines: Lines | Table, number: int, fields: list[str], microseconds: bool) -> dict[str, Any]:
    if isinstance(lines, Table):
        cells = zip(lines.fields, lines.rows[number], strict=True)
        return {"f": [{"v": cell} for field, cell in cells if field["name"] in fields]}
    item = msgspec.json.decode(lines.line(number))
    return {"f": [{"v": _cell(item.get(name), name, microseconds)} for name in fields]}


def _cell(value: Any, name: str, microseconds: bool) -> str | None:
    if TYPES[name] == "TIMESTAMP":
        seconds = datetime.fromisoformat(value).timestamp()
        return str(round(seconds * 1_000_000)) if microseconds else f"{seconds:.12E}"
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode() if value else None
    return None if value is None else str(value)
