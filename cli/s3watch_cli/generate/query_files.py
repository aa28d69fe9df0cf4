"""Reads the saved searches of queries/*.sql: what each answers, its parameters and its SQL.

A file is a head of comment lines, then one statement in Athena's dialect with question marks as parameters:
https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from s3watch_cli.rules.diagnostics import Diagnostics

REQUIRED = ("title", "question", "table")  # required once in a head; then its parameters in order
STATEMENT = "statement"  # the name that EXECUTE runs it by, of those that e-mails name

_LINE = re.compile(r"-- (?P<name>title|question|table|statement|parameter): (?P<value>.*\S)")
_PARAMETER = re.compile(r"(?P<meaning>.+), (?P<type>text), (?P<example>'(?:[^']|'')*')")
_NO_PARAMETERS = re.compile(r"'(?:[^']|'')*'|--.*")  # where a question mark is not a parameter


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a query, a question mark in its SQL."""

    meaning: str
    type: str  # always text: the queries compare only text, days and times too
    example: str  # in quotes, as Athena expects it


@dataclass(frozen=True, slots=True)
class Query:
    """One saved search."""

    name: str  # of the file, without its suffix
    title: str
    question: str
    table: str
    parameters: tuple[Parameter, ...]
    sql: str
    statement: str = ""  # the name of its prepared statement; empty: it has none


def literal(text: str) -> str:
    """Quote a text as a parameter for Athena."""
    return "'" + text.replace("'", "''") + "'"


def read_queries(folder: Path) -> list[Query]:
    """Read every query of a folder, sorted by name. Raises RuleError with every mistake in every file."""
    diagnostics = Diagnostics()
    queries = [_read(path, diagnostics) for path in sorted(folder.glob("*.sql"))]
    diagnostics.raise_if_any()
    return queries


def _read(path: Path, diagnostics: Diagnostics) -> Query:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = list(takewhile(lambda line: line.startswith("--"), lines))
    sql = "\n".join(lines[len(head) :])
    head_values, parameters = _read_head(str(path), head, diagnostics)
    for name in REQUIRED:
        if name not in head_values:
            diagnostics.refuse(str(path), 1, f"the head has no {name}", f"write `-- {name}: ...`")
    marks = _NO_PARAMETERS.sub("", sql).count("?")
    if marks != len(parameters):
        what = f"the head describes {len(parameters)} parameters, the statement has {marks} question marks"
        diagnostics.refuse(str(path), len(head), what, "describe each parameter, in order")
    title, question, table = (head_values.get(name, "") for name in REQUIRED)
    statement = head_values.get(STATEMENT, "")
    return Query(path.stem, title, question, table, parameters, sql, statement)


def _read_head(
    path: str, head: list[str], diagnostics: Diagnostics
) -> tuple[dict[str, str], tuple[Parameter, ...]]:
    head_values, parameters = dict[str, str](), list[Parameter]()
    for number, text in enumerate(head, 1):
        line = _LINE.fullmatch(text)
        parameter = line and line["name"] == "parameter" and _PARAMETER.fullmatch(line["value"])
        if parameter:
            parameters.append(Parameter(**parameter.groupdict()))
        elif line and line["name"] not in {*head_values, "parameter"}:
            head_values[line["name"]] = line["value"]
        else:
            instead = (
                "write title, question and table once, and `-- parameter: what it is, text, 'an example'`"
            )
            diagnostics.refuse(path, number, f"{text}: not a line of a query's head", instead)
    return head_values, tuple(parameters)
