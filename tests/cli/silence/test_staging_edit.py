from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.errors import SettingError
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.located_yaml import read_yaml
from s3watch_cli.silence.staging_edit import without_entry

FILE = b"""\
# Detections on trial
- rule: first   # for now
  since: 2026-11-01
  # until we know

# the second
- rule: second
  owner: me@example.com

- {rule: third, since: 2026-11-03}
# the end
"""


@pytest.mark.parametrize(
    ("number", "left"),
    [
        (0, FILE.replace(b"- rule: first   # for now\n  since: 2026-11-01\n  # until we know\n", b"")),
        (1, FILE.replace(b"- rule: second\n  owner: me@example.com\n", b"")),
        (2, FILE.replace(b"- {rule: third, since: 2026-11-03}\n", b"")),
    ],
    ids=["the first", "in between", "the last"],
)
def test_an_entry_goes_with_its_own_lines_and_nothing_else(number: int, left: bytes):
    assert without_entry("a.yaml", FILE, number) == left


def test_the_comments_of_a_file_without_an_entry_stay():
    assert without_entry("a.yaml", b"# one\n- rule: first\n# two\n", 0) == b"# one\n# two\n"


def test_lines_keep_their_ends():
    assert without_entry("a.yaml", b"- a: b\r\n- c: d\r\n", 1) == b"- a: b\r\n"


@pytest.mark.parametrize(
    ("content", "number", "said"),
    [
        (b"[{rule: first}, {rule: second}]\n", 0, "a.yaml:1: the entry shares lines with others"),
        (b"-\n  rule: first\n-\n  rule: second\n", 1, "a.yaml:4: the entry shares lines with others"),
        (b"rule: first\n", 0, "a.yaml: not a list any more"),
        (b"[broken", 0, "a.yaml: not a list any more"),
    ],
    ids=["on one line", "its dash on another line", "no list", "not YAML"],
)
def test_what_would_change_more_is_refused(content: bytes, number: int, said: str):
    with pytest.raises(SettingError, match=said):
        without_entry("a.yaml", content, number)


WORDS = st.text("abc #:-'\n", min_size=1, max_size=8)


@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), WORDS, min_size=1), min_size=1, max_size=4), st.data()
)
def test_all_other_entries_are_what_they_were(listed: list[dict[str, str]], data: st.DataObject):
    text = "".join(
        "".join(
            f"{'  ' if at else '- '}{key}: {_quoted(value)}\n" for at, (key, value) in enumerate(one.items())
        )
        for one in listed
    )
    number = data.draw(st.integers(0, len(listed) - 1))
    after = read_yaml("a.yaml", without_entry("a.yaml", text.encode(), number), Diagnostics())

    assert after
    assert (after.value or []) == [*listed[:number], *listed[number + 1 :]]


def _quoted(text: str) -> str:
    return '"' + text.replace("\n", "\\n") + '"'
