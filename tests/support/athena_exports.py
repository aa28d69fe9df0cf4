"""Records as Athena exports them of its CloudTrail table.

CSV is written as published results show it: `{type=IAMUser, principalid=..., invokedby=null}`.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.support.cloudtrail import as_bytes
from tests.support.query_tables import columns, read_trail_row


def rendered(value: Any) -> str:
    """A value of a structure as Athena writes it in CSV."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}={rendered(member)}' for name, member in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(rendered, value))}]"
    return "null" if value is None else str(value)


def as_csv(*records: dict[str, Any]) -> bytes:
    rows = [read_trail_row(record) for record in records]
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(columns("CloudTrailLogs"))
    writer.writerows(
        [
            "" if value is None else value if isinstance(value, str) else rendered(value)
            for value in row.values()
        ]
        for row in rows
    )
    return file.getvalue().encode()


def as_unloaded(*records: dict[str, Any]) -> bytes:
    return b"\n".join(as_bytes(read_trail_row(record)) for record in records)
