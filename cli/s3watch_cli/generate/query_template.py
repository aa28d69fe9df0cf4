"""Generates from queries/*.sql the named queries of stacks/analytics-queries.yaml, and docs/queries.md.

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
TEMPLATE = Path("stacks/analytics-queries.yaml")
PAGE = Path("docs/queries.md")

CONDITIONS = {
    "cloudtrail_logs": "TrailLogs",
    "s3_access_logs": "AccessLogs",
}  # of the templates, for the tables to exist
MARK = "  # ---- written from queries/*.sql by `make generate`; change those instead ----\n"
INTRODUCTION = """\
# Saved searches

<!-- Written from queries/*.sql by `make generate`; a test fails when it is stale. -->

The files of [queries](../queries) are in Athena's dialect. With `Analytics=tables` they are deployed as named
queries, see [stacks/analytics-queries.yaml](../stacks/analytics-queries.yaml). In Athena's console choose the
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


def resources(queries: Sequence[Query]) -> str:
    """Return the named queries as resources of a CloudFormation template."""
    return "".join(f"\n{_resource(query)}" for query in queries)


def _resource(query: Query) -> str:
    name = "".join(word.capitalize() for word in query.name.split("-"))
    return (
        f"  {name}Query:\n"
        "    Type: AWS::Athena::NamedQuery\n"
        f"    Condition: {CONDITIONS[query.table]}\n"
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


def renew(template: str, queries: Sequence[Query]) -> str:
    """Return a template with everything after MARK replaced by the resources."""
    return template.partition(MARK)[0] + MARK + resources(queries)


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
    """Write both files; run it in the root of the repository."""
    queries = read_queries(FOLDER)
    TEMPLATE.write_text(renew(TEMPLATE.read_text(encoding="utf-8"), queries), encoding="utf-8")
    PAGE.write_text(page(queries), encoding="utf-8")
    note(f"wrote {len(queries)} queries to {TEMPLATE} and {PAGE}")


if __name__ == "__main__":
    typer.run(main)
