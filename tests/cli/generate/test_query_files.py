from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.errors import RuleError
from s3watch_cli.generate.query_files import Parameter, Query, literal, read_queries

HEAD = """\
-- title: Who
-- question: Who was it, and why?
-- table: cloudtrail_logs
-- parameter: first day, text, '2026/11/20'
"""


def read(tmp_path, text, name="who.sql"):
    (tmp_path / name).write_text(text)
    return read_queries(tmp_path)


def test_a_file_is_a_head_and_a_statement(tmp_path):
    assert read(tmp_path, HEAD + "SELECT 1 -- why?\nFROM t\nWHERE a <> '?' AND b = ?\n") == [
        Query(
            name="who",
            title="Who",
            question="Who was it, and why?",
            table="cloudtrail_logs",
            parameters=(Parameter("first day", "text", "'2026/11/20'"),),
            sql="SELECT 1 -- why?\nFROM t\nWHERE a <> '?' AND b = ?",
        )
    ]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (HEAD + "SELECT ?, ?", 4, "the head describes 1 parameters, the statement has 2 question marks"),
        (HEAD + "SELECT '?'", 4, "the head describes 1 parameters, the statement has 0 question marks"),
        (HEAD.replace("-- table: cloudtrail_logs\n", "") + "SELECT ?", 1, "the head has no table"),
        ("-- title: again\n" + HEAD + "SELECT ?", 2, "-- title: Who: not a line of a query's head"),
        (HEAD.replace(", text", "") + "SELECT 1", 4, "first day, '2026/11/20': not a line of a query's head"),
        ("-- hello\n" + HEAD + "SELECT ?", 1, "-- hello: not a line of a query's head"),
    ],
    ids=["too many marks", "a quoted mark", "no table", "a title twice", "a parameter without type", "words"],
)
def test_a_mistake_says_where_it_stands(tmp_path, text, line, what):
    with pytest.raises(RuleError) as raised:
        read(tmp_path, text)

    [mistake] = raised.value.mistakes
    assert (mistake.path, mistake.line) == (str(tmp_path / "who.sql"), line)
    assert mistake.what.endswith(what)


def test_mistakes_of_all_files_are_reported_together(tmp_path):
    (tmp_path / "a.sql").write_text("SELECT 1")

    with pytest.raises(RuleError) as raised:
        read(tmp_path, HEAD + "SELECT 1", "b.sql")

    assert [mistake.path.rpartition("/")[2] for mistake in raised.value.mistakes] == ["a.sql"] * 3 + ["b.sql"]


@given(st.text())
def test_a_literal_ends_where_it_should(text):
    quoted = literal(text)

    assert quoted[0] == quoted[-1] == "'"
    assert quoted[1:-1].replace("''", "").count("'") == 0
    assert quoted[1:-1].replace("''", "'") == text
