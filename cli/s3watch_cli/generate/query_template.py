"""Generates from queries/*.sql templates of named queries and prepared statements, and docs/queries.md.

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
STATEMENTS = Path("stacks/analytics-statements.yaml")  # of those that e-mails run
PAGE = Path("docs/queries.md")

HEAD = """\
# Written from queries/*.sql by `make generate`; change those instead.
AWSTemplateFormatVersion: "2010-09-09"
Description: The saved searches {of}, part of stacks/analytics-tables.yaml.

Parameters:
  Database:
    Type: String
    Description: The database of the table.
  WorkGroup:
    Type: String
    Description: The work group that the searches are saved in.

Resources:
"""
OF_STATEMENTS = "that e-mails run, as prepared statements over the table cloudtrail_logs"
INTRODUCTION = """\
# Saved searches

<!-- Written from queries/*.sql by `make generate`; a test fails when it is stale. -->

The files of [queries](../queries) are in Athena's dialect. With `Analytics=tables` they are deployed, see
[stacks/analytics-tables.yaml](../stacks/analytics-tables.yaml): in Athena's console choose the stack's work
group and open *Saved queries*. Enter text in single quotes, and double every quote inside it.

The searches that e-mails carry are prepared statements of the work group. Run them as the mail says, or with
the values that you want, in any database:

    EXECUTE who_touched_this USING '2026/11/20', '2026/11/21',
      '2026-11-20T08:00:00Z', '2026-11-20T18:00:00Z', 's3://hr-data/payroll/2026/q3.csv'

`what_this_actor_did` takes every name by which a mail or an alert calls somebody: a person
(`alice@example.com`), `role/Analyst`, `user/bob`, `444455556666:role/etl`, `root`, `federated/...`,
`service/macie.amazonaws.com`, `anonymous`; and also an ARN, an access key id, an address, or an account. A
name without an account means the account of the trail or of the bucket, and a person is found in every
account. `who_touched_this` takes an object or a bucket; it finds copies from the object too, accesses through
access points, the records of the objects of a batch delete, and batch deletes that do not name their keys.

For the others Athena asks for the parameters in the order given here. On the command line, leave out the
comments, whose question marks are not parameters:

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
    named = [
        _named_query(query, query.sql) for query in queries if query.table == table and not query.statement
    ]
    return HEAD.format(of=f"over the table {table}") + "\n".join(named)


def statements(queries: Sequence[Query]) -> str:
    """Return a template of the queries that e-mails run: prepared statements, and saved queries to run them.

    A statement has no database of its own, unlike a named query, so it names that of its table.
    """
    prepared = [
        f"{_statement(query)}\n{_named_query(query, execute(query))}" for query in queries if query.statement
    ]
    return HEAD.format(of=OF_STATEMENTS) + "\n".join(prepared)


def _statement(query: Query) -> str:
    sql = query.sql.replace(f"FROM {query.table}\n", f'FROM "${{Database}}".{query.table}\n')
    return (
        f"  {_resource(query)}Statement:\n"
        "    Type: AWS::Athena::PreparedStatement\n"
        "    Properties:\n"
        f"      StatementName: {query.statement}\n"
        f"      Description: {query.title}\n"
        "      WorkGroup: !Ref WorkGroup\n"
        "      QueryStatement: !Sub |\n"
        f"{indent(sql, ' ' * 8)}\n"
    )


def execute(query: Query) -> str:
    """Return the statement that runs a prepared one with its examples, a value a line."""
    return f"EXECUTE {query.statement} USING\n  " + ",\n  ".join(one.example for one in query.parameters)


def _named_query(query: Query, sql: str) -> str:
    return (
        f"  {_resource(query)}Query:\n"
        "    Type: AWS::Athena::NamedQuery\n"
        "    Properties:\n"
        f"      Name: {query.name}\n"
        "      Description: >-\n"
        f"{indent(description(query), ' ' * 8)}\n"
        "      Database: !Ref Database\n"
        "      WorkGroup: !Ref WorkGroup\n"
        "      QueryString: |\n"
        f"{indent(sql, ' ' * 8)}\n"
    )


def _resource(query: Query) -> str:
    return "".join(word.capitalize() for word in query.name.split("-"))


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
    STATEMENTS.write_text(statements(queries), encoding="utf-8")
    PAGE.write_text(page(queries), encoding="utf-8")
    note(
        f"wrote {len(queries)} queries to {', '.join(map(str, TEMPLATES.values()))}, {STATEMENTS} and {PAGE}"
    )


if __name__ == "__main__":
    typer.run(main)
