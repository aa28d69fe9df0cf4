from __future__ import annotations

import pytest
from s3watch.errors import RuleError
from s3watch_cli.rules.diagnostics import Diagnostics, nearest, suggest


def diagnostics():
    found = Diagnostics()
    found.refuse("b.yml", 3, "wrong", "write right")
    found.refuse("a.yml", 7, "wrong too")
    found.warn("a.yml", 1, "odd", "look again")
    return found


def test_mistakes_are_raised_together_by_file_and_line():
    with pytest.raises(RuleError) as raised:
        diagnostics().raise_if_any()

    assert str(raised.value) == "a.yml:7: wrong too\nb.yml:3: wrong; write right"


def test_a_mistake_quotes_a_text_of_the_file_in_one_bounded_line():
    found = Diagnostics()
    found.refuse("a.yml", 7, "no `a\n\x1b[31m`", "write `" + "b" * 10_000)

    (mistake,) = found.mistakes
    assert mistake.what == r"no `a\n\x1b[31m`"
    assert (mistake.instead[:9], len(mistake.instead)) == ("write `bb", 500)


def test_where_it_is_strict_warnings_are_raised_as_well():
    with pytest.raises(RuleError) as raised:
        diagnostics().raise_if_any(strict=True)

    assert str(raised.value) == "a.yml:1: odd; look again\na.yml:7: wrong too\nb.yml:3: wrong; write right"


def test_warnings_alone_raise_nothing():
    found = Diagnostics()
    found.warn("a.yml", 1, "odd")

    found.raise_if_any()

    assert [str(warning) for warning in found.sorted_warnings()] == ["a.yml:1: odd"]


@pytest.mark.parametrize(
    ("word", "known"),
    [("GetObjct", "GetObject"), ("getobject", "GetObject"), ("Everything", None)],
    ids=str,
)
def test_the_nearest_word_is_what_was_meant_whatever_its_case(word, known):
    assert nearest(word, ["GetObject", "PutObject"]) == known


def test_a_suggestion_is_the_nearest_word_or_some_that_are_known():
    words = [f"word-{number}" for number in range(20)]

    assert suggest("wrod-19", words) == "write `word-19`"
    assert suggest("x", words[:2]) == "write one of word-0, word-1"
    assert suggest("x", words).endswith("word-11, ...")
