from __future__ import annotations

from s3watch.errors import Mistake, RuleError


def test_a_mistake_says_where_what_and_what_instead():
    assert (
        str(Mistake("a.yml", 3, "unknown field", "write `s3.key`"))
        == "a.yml:3: unknown field; write `s3.key`"
    )


def test_a_mistake_without_a_mend_says_no_more():
    assert str(Mistake("a.yml", 3, "unknown field")) == "a.yml:3: unknown field"


def test_all_mistakes_are_reported_by_file_and_line():
    error = RuleError([Mistake("b.yml", 1, "two"), Mistake("a.yml", 9, "one"), Mistake("b.yml", 0, "first")])

    assert str(error) == "a.yml:9: one\nb.yml:0: first\nb.yml:1: two"
