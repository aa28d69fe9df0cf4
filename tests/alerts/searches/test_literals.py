from __future__ import annotations

import subprocess

import duckdb
import pytest
from hypothesis import given
from s3watch.alerts.searches.literals import WIDTH, shell_literal, sql_literal
from s3watch.text import columns

from tests.support.linkifiers import links
from tests.support.sample_alerts import HOSTILE, TEXTS


@given(TEXTS)
def test_a_text_quoted_for_sql_equals_the_text(text: str):
    assert duckdb.sql(f"SELECT {' || '.join(sql_literal(text))}").fetchall() == [(text,)]


def run_shell(lines: list[str]) -> str:
    """What bash makes of the lines of a quoted text, each continued by the next."""
    script = "printf %s " + "\\\n".join(lines)
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    return done.stdout.decode()


@given(TEXTS.filter(lambda text: "\0" not in text))
def test_a_text_quoted_for_a_shell_is_one_word_that_equals_the_text(text: str):
    assert run_shell(shell_literal(text)) == text


@pytest.mark.parametrize("quote", [sql_literal, shell_literal], ids=["sql", "shell"])
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_quoted_text_is_visible_and_short_and_has_no_links(quote, text: str):
    lines = quote(text)

    assert all(line.isprintable() for line in lines)
    assert max(map(columns, lines)) <= WIDTH
    assert [link for line in lines for link in links(line)] == []


@pytest.mark.parametrize("quote", [sql_literal, shell_literal], ids=["sql", "shell"])
def test_a_trusted_text_stays_whole(quote):
    assert quote("alice@example.com", whole=True) == ["'alice@example.com'"]
