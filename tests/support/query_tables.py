"""The tables of stacks/analytics-tables.yaml in DuckDB, filled as Athena's own readers would fill them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import duckdb
import sqlglot
from s3watch_cli.generate.query_files import Query

from tests.support.cloudformation import deploy

STACK = deploy(
    "stacks/analytics-tables.yaml",
    Name="s3watch",
    TrailBucket="trail-logs",
    AccessLogBucket="access-logs",
    LoggedBuckets="hr-data,finance-exports",
)
_SERDE = STACK["AccessLogLines"]["TableInput"]["StorageDescriptor"]["SerdeInfo"]
LINE = re.compile(_SERDE["Parameters"]["input.regex"])


def columns(table: str) -> dict[str, sqlglot.exp.DataType]:
    """The columns of a table by name, partitions last."""
    made = STACK[table]["TableInput"]
    described = [*made["StorageDescriptor"]["Columns"], *made["PartitionKeys"]]
    return {
        column["Name"]: sqlglot.parse_one(column["Type"], read="hive", into=sqlglot.exp.DataType)
        for column in described
    }


# Athena's decodes as Java does: a plus is a space, and half an escape an error, which try() makes null
URL_DECODE = """
    CREATE MACRO athena_url_decode(text) AS CASE
      WHEN contains(regexp_replace(text, '%[0-9A-Fa-f]{2}', '', 'g'), '%') THEN NULL
      ELSE url_decode(replace(text, '+', ' '))
    END
"""

# Athena's answers null where nothing matches; DuckDB's an empty text
REGEXP_EXTRACT = """
    CREATE MACRO athena_regexp_extract
      (text, pattern) AS CASE WHEN regexp_matches(text, pattern) THEN regexp_extract(text, pattern) END,
      (text, pattern, number) AS
        CASE WHEN regexp_matches(text, pattern) THEN regexp_extract(text, pattern, number) END
"""


class Tables:
    """Both tables, and a way to ask them."""

    def __init__(self, records: Iterable[dict[str, Any]] = (), lines: Iterable[str] = ()) -> None:
        self._database = duckdb.connect()
        self._database.execute(URL_DECODE)
        self._database.execute(REGEXP_EXTRACT)
        self._fill("cloudtrail_logs", "CloudTrailLogs", [_trail_row(record) for record in records])
        self._fill("s3_access_logs", "AccessLogLines", [_line_row(line) for line in lines])

    def _fill(self, name: str, resource: str, rows: list[dict[str, Any]]) -> None:
        described = columns(resource)
        shape = ", ".join(f'"{column}" {kind.sql("duckdb")}' for column, kind in described.items())
        self._database.execute(f"CREATE TABLE {name} ({shape})")
        marks = ", ".join(f"CAST(? AS {kind.sql('duckdb')})" for kind in described.values())
        self._database.begin()
        for row in rows:
            values = [_shaped(row.get(column), kind) for column, kind in described.items()]
            self._database.execute(f"INSERT INTO {name} VALUES ({marks})", values)
        self._database.commit()

    def ask(self, query: Query, *values: str) -> list[dict[str, Any]]:
        """Run a query with these values for its question marks."""
        return self.run(query.sql, *values)

    def run(self, sql: str, *values: str) -> list[dict[str, Any]]:
        """Run a statement in Athena's dialect."""
        [statement] = sqlglot.transpile(sql, read="athena", write="duckdb")
        for function in ("URL_DECODE(", "REGEXP_EXTRACT("):
            statement = statement.replace(function, f"ATHENA_{function}")
        answer = self._database.execute(statement, values)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _trail_row(record: dict[str, Any]) -> dict[str, Any]:
    day = str(record.get("eventTime"))[:10].replace("-", "/")
    account, region = record.get("recipientAccountId"), record.get("awsRegion")
    members = {name.lower(): value for name, value in record.items()}
    return members | {"timestamp": day, "account": account, "region": region}


def read_trail_row(record: dict[str, Any]) -> dict[str, Any]:
    """A record as a row of the trail's table, by its columns."""
    row = _trail_row(record)
    return {name: _shaped(row.get(name), kind) for name, kind in columns("CloudTrailLogs").items()}


def read_line(line: str) -> dict[str, str | None]:
    """The columns of a line: the groups of the regular expression, which has to match the whole line."""
    found = LINE.fullmatch(line)
    names = [
        column["Name"] for column in STACK["AccessLogLines"]["TableInput"]["StorageDescriptor"]["Columns"]
    ]
    return dict(zip(names, found.groups() if found else [None] * len(names), strict=True))


def _line_row(line: str) -> dict[str, Any]:
    row = read_line(line)
    moment = re.match(r"(\d+)/(\w+)/(\d+)", row["requestdatetime"] or "20/Nov/2026")
    assert moment
    month = "JanFebMarAprMayJunJulAugSepOctNovDec".index(moment[2]) // 3 + 1
    return row | {"timestamp": f"{moment[3]}/{month:02}/{moment[1]}", "source_bucket": row["bucket_name"]}


def _shaped(value: Any, kind: sqlglot.exp.DataType) -> Any:
    """A value as Hive's JSON reader gives it: names in any case, in a text column JSON of what is no text."""
    if value is None:
        return None
    if kind.is_type("struct"):
        named = (
            {str(name).lower(): member for name, member in value.items()} if isinstance(value, dict) else {}
        )
        return {part.name: _shaped(named.get(part.name), part.args["kind"]) for part in kind.expressions}
    if kind.is_type("array"):
        return [_shaped(item, kind.expressions[0]) for item in value] if isinstance(value, list) else None
    if kind.is_type("map"):
        return {name: str(member) for name, member in value.items()} if isinstance(value, dict) else None
    if kind.is_type("bigint"):
        return int(value) if str(value).isdigit() else None
    return value if isinstance(value, str) else json.dumps(value)
