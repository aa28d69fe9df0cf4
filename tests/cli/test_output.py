from __future__ import annotations

import io
import sys

import pytest
from s3watch_cli.output import Progress, note, show

ROWS = [{"rule": "a", "level": "high", "ok": True}, {"rule": "b", "level": "low", "ok": False}]


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("auto", '{"rule":"a","level":"high","ok":true}\n{"rule":"b","level":"low","ok":false}\n'),
        ("ndjson", '{"rule":"a","level":"high","ok":true}\n{"rule":"b","level":"low","ok":false}\n'),
        ("table", "rule  level  ok \na     high   yes\nb     low    no \n"),
    ],
    ids=["piped", "ndjson", "table"],
)
def test_rows_are_for_programs_unless_people_look(capfd, form, printed):
    show(ROWS, form)

    assert capfd.readouterr().out == printed


def test_on_a_terminal_rows_are_a_table(capfd, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")  # no colours, which are Rich's affair

    show(ROWS)

    assert capfd.readouterr().out.split() == ["rule", "level", "ok", "a", "high", "yes", "b", "low", "no"]


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("ndjson", '{"where":"rules?/a.yml"}\n'),
        ("json", '[\n  {\n    "where": "rules?/a.yml"\n  }\n]\n'),
        ("table", "where            \nrules\\udcff/a.yml\n"),
    ],
    ids=["ndjson", "json", "table"],
)
def test_a_file_name_that_is_not_utf_8_is_shown_all_the_same(capfd, form, printed):
    show([{"where": "rules\udcff/a.yml"}], form)

    assert capfd.readouterr().out == printed


def test_a_note_says_in_words_what_a_terminal_would_obey(capfd):
    note("a\x1b[31m.log: not read\nb.log: not read, \u202etoo")

    assert capfd.readouterr().err == "a\\x1b[31m.log: not read\nb.log: not read, \\u202etoo\n"


def test_json_is_one_array(capfd):
    show(ROWS[:1], "json")

    assert (
        capfd.readouterr().out == '[\n  {\n    "rule": "a",\n    "level": "high",\n    "ok": true\n  }\n]\n'
    )


@pytest.mark.parametrize("form", ["ndjson", "table"], ids=str)
def test_no_rows_are_nothing(capfd, form):
    show([], form)

    assert capfd.readouterr().out == ""


def test_a_note_is_not_among_the_results(capfd):
    note("by the way")

    assert capfd.readouterr() == ("", "by the way\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("kind", [Terminal, io.StringIO], ids=["a terminal", "a pipe"])
def test_progress_is_shown_on_a_terminal_only_and_leaves_nothing_behind(
    kind: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", kind())
    with Progress() as progress:
        progress.advance(files=1, records=1234)
    written = sys.stderr.getvalue()

    assert ("1,234 records of 1 file read" in written) == (kind is Terminal)
    assert written.endswith("\x1b[2K" if kind is Terminal else "")  # the line is erased


def test_no_progress_is_told_where_standard_error_is_closed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "stderr", None)
    with Progress() as progress:
        progress.advance(files=1, records=1)

    assert capfd.readouterr() == ("", "")
