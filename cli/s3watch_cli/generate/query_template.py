"""Generates from queries/*.sql a template of named queries for each Athena table, and docs/queries.md.

Run by `make generate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import indent

import typer

from s3watch_cli.generate.query_files import Query, read_queries
from s3watch_cli.output import note

FOLDER = Path("queries")
# Where the searches of each table go
TEMPLATES = {
    "cloudtrail_logs": Path("stacks/analytics-trail-queries.yaml"),
    "s3_access_logs": Path("stacks/analytics-access-log-queries.yaml"),
}
PAGE = Path("docs/queries.md")

HEAD = """\
# Written from queries/*.sql by `make generate`; change those instead.
AWSTemplateFormatVersion: "2010-09-09"
Description: The saved searches over the table {table}, part of stacks/analytics-tables.yaml.

Parameters:
  Database:
    Type: String
    Description: The database of the table.
  WorkGroup:
    Type: String
    Description: The work group that the searches are saved in.

Resources:
"""
INTRODUCTION = """\
# Saved searches

<!-- Written from queries/*.sql by `make generate`; a test fails when it is stale. -->

The files of [queries](../queries) are in Athena's dialect. With `Analytics=tables` they are deployed as named
queries, see [stacks/analytics-tables.yaml](../stacks/analytics-tables.yaml). In Athena's console choose the
stack's work group and open *Saved queries*; Athena asks for the parameters in the order given here. Enter
text in single quotes, and double every quote inside it. On the command line, leave out the comments, whose
question marks are not parameters:

    aws athena start-query-execution --work-group s3watch --query-execution-context Database=s3watch \\
      --query-string "$(grep -v '^--' queries/denied-by-principal.sql)" \\
      --execution-parameters "'2026/11/20'" "'2026/11/21'"

- The days are those of the folders, and Athena reads and charges for no others. CloudTrail stores a record
  under the day of its delivery, so make the last day one later than that of the last event.
- `cloudtrail_logs` has a partition for each account, Region and day. In an organization
  `AND account = '...' AND region = '...'` reads less.
- `s3_access_logs` has a partition for each bucket and day; `AND source_bucket = '...'` reads less. S3
  delivers access logs within hours, and not all of them. A line that cannot be read is a row of nulls.
"""


def template(table: str, queries: Sequence[Query]) -> str:
    """Return a CloudFormation template of a table's queries, as named queries."""
    named = [_resource(query) for query in queries if query.table == table]
    return HEAD.format(table=table) + "\n".join(named)


def _resource(query: Query) -> str:
    name = "".join(word.capitalize() for word in query.name.split("-"))
    return (
        f"  {name}Query:\n"
        "    Type: AWS::Athena::NamedQuery\n"
        "    Properties:\n"
        f"      Name: {query.name}\n"
        "      Description: >-\n"
        f"{indent(description(query), ' ' * 8)}\n"
        "      Database: !Ref Database\n"
        "      WorkGroup: !Ref WorkGroup\n"
        "      QueryString: |\n"
        f"{indent(query.sql, ' ' * 8)}\n"
    )


def description(query: Query) -> str:
    """Return what a query answers and its parameters, a line each."""
    asked = (f"{n}. {one.meaning}, such as {one.example}" for n, one in enumerate(query.parameters, 1))
    return "\n".join([query.question, "Parameters:", *asked])


def page(queries: Sequence[Query]) -> str:
    """Return docs/queries.md, with a table of queries for each Athena table."""
    return INTRODUCTION + "".join(
        f"\n## {table}\n\n" + "".join(f"{line}\n" for line in _table(queries, table))
        for table in dict.fromkeys(sorted(query.table for query in queries))
    )


def _table(queries: Sequence[Query], table: str) -> Iterator[str]:
    yield "| query | what it answers | parameters, in their order |"
    yield "| --- | --- | --- |"
    for query in queries:
        if query.table == table:
            asked = "; ".join(f"{one.meaning} ({one.type}, `{one.example}`)" for one in query.parameters)
            yield f"| [{query.name}](../queries/{query.name}.sql) | {query.question} | {asked} |"


def main() -> None:
    """Write the templates and the page; run it in the root of the repository."""
    queries = read_queries(FOLDER)
    for table, path in TEMPLATES.items():
        path.write_text(template(table, queries), encoding="utf-8")
    PAGE.write_text(page(queries), encoding="utf-8")
    note(f"wrote {len(queries)} queries to {', '.join(map(str, TEMPLATES.values()))} and {PAGE}")


if __name__ == "__main__":
    typer.run(main)
