from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.located_yaml import DEPTH, Document, read_yaml

from tests.support.rule_folders import read


def mistakes(content: bytes) -> list[str]:
    diagnostics = Diagnostics()
    read_yaml("a.yml", content, diagnostics)
    return [str(mistake) for mistake in diagnostics.mistakes]


def test_values_come_as_they_are_written_with_the_line_of_each():
    document = read("a: 1\nb:\n  - x\n  - {c: null, d: true}\ne: 1.5\n")

    assert document == Document(
        "a.yml",
        {"a": 1, "b": ["x", {"c": None, "d": True}], "e": 1.5},
        {
            (): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "c"): 4, ("b", 1, "d"): 4,
            ("e",): 5,
        },
    )  # fmt: skip


def test_a_place_without_a_line_has_that_of_what_it_is_part_of():
    assert read("a:\n  - b\n").line("a", 0, "no such", 3) == 2


def test_unquoted_dates_stay_text_and_are_known():
    document = read("until: 2026-12-31\nquoted: '2026-12-31'\n")

    assert document.value == {"until": "2026-12-31", "quoted": "2026-12-31"}
    assert document.dates == {("until",)}


def test_a_part_of_a_document_keeps_its_lines():
    part = read("a: 1\nb:\n  - c: d\n").part("b", 0)

    assert (part.path, part.value) == ("a.yml", {"c": "d"})
    assert (part.line(), part.line("c"), part.line("absent")) == (3, 3, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: no", 'YAML reads `no` as true or false, not as it is written; write "no" in quotes'),
        ("a: On", 'YAML reads `On` as true or false, not as it is written; write "On" in quotes'),
        ("a: 012", 'YAML reads `012` as a number, not as it is written; write "012" in quotes'),
        ("a: 0x1F", 'YAML reads `0x1F` as a number, not as it is written; write "0x1F" in quotes'),
        ("a: 1_000", 'YAML reads `1_000` as a number, not as it is written; write "1_000" in quotes'),
        ("a: 12:30", 'YAML reads `12:30` as a number, not as it is written; write "12:30" in quotes'),
        ("a: 1.10", 'YAML reads `1.10` as a number, not as it is written; write "1.10" in quotes'),
        ("a: .inf", 'YAML reads `.inf` as a number, not as it is written; write ".inf" in quotes'),
        ("on: a", 'YAML reads the key `on` as true or false; write "on" in quotes'),
        ("5: a", 'YAML reads the key `5` as a number; write "5" in quotes'),
        ("~: a", 'YAML reads the key `~` as nothing; write "~" in quotes'),
        ("2026-11-20: a", 'YAML reads the key `2026-11-20` as a date; write "2026-11-20" in quotes'),
        ("[a]: b", "a key that is not text; write a plain word"),
        ("a: 1\na: 2", "duplicate key `a`; keep one of them"),
        ("a: &x b", "anchors and aliases are not supported; write the value out each time"),
        ("<<: {a: b}", "merge keys (<<) are not supported; write the values out"),
        ("a: !!binary aGk=", "the tag !binary is not supported; write plain text"),
        ("a: b\n---\nc: d", "a second document in one file; put it in its own file"),
        ("a: [b", "not YAML: did not find expected ',' or ']'"),
    ],
    ids=lambda text: text.splitlines()[0][:20],
)
def test_a_trap_of_yaml_is_a_mistake(text, said):
    assert [mistake.partition(" ")[2] for mistake in mistakes(text.encode())] == [said]


def test_all_traps_of_a_file_are_reported_with_their_lines():
    assert [mistake.partition(" ")[0] for mistake in mistakes(b"on: no\na: 012\n\nb: 1.10\n")] == [
        "a.yml:1:", "a.yml:1:", "a.yml:2:", "a.yml:4:",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000], ids=["lists", "mappings"])
def test_what_is_nested_without_end_is_refused_not_run_into(text):
    assert mistakes(text.encode()) == [f"a.yml:1: nested more than {DEPTH} levels deep"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: b\nc: \xff", "a.yml:2: not UTF-8 text; save the file as UTF-8"),
        (b"a: b\nc: \x00", "a.yml:2: not YAML: control characters are not allowed"),
        (b"a: b\n\tc: d", "a.yml:2: not YAML: found a tab character that violates indentation"),
    ],
    ids=["not UTF-8", "a zero byte", "a tab"],
)
def test_what_is_no_yaml_is_refused_with_the_line(content, said):
    assert mistakes(content) == [said]


def test_an_empty_file_is_nothing():
    assert read("# only a comment\n").value is None


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert read("\ufeffa: b").value == {"a": "b"}


@given(st.text("ab:-[]{}#&*!|>'\"%@`,? \n01.", max_size=40))
def test_any_text_is_read_or_refused(text):
    diagnostics = Diagnostics()

    document = read_yaml("a.yml", text.encode(), diagnostics)

    assert document is not None or diagnostics.mistakes


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc *?", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(values)
def test_json_is_read_as_json_says(value):
    assert read(json.dumps(value)).value == value
