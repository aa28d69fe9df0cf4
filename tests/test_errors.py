from __future__ import annotations

import pytest
from s3watch.errors import Attempts, Mistake, RuleError


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


def fail(reason: str) -> None:
    raise ValueError(reason)


def test_every_step_is_tried():
    attempts = Attempts()

    assert [attempts.make(lambda: 1), attempts.make(lambda: fail("two")), attempts.make(lambda: 3)] == [
        1,
        None,
        3,
    ]


def test_the_first_failure_is_raised_in_the_end_and_the_others_are_counted():
    attempts = Attempts()
    for reason in ("one", "two", "three"):
        attempts.make(lambda reason=reason: fail(reason))

    with pytest.raises(ValueError, match="one") as failure:
        attempts.raise_first()
    assert failure.value.__notes__ == ["and 2 more failed"]


def test_without_failed_attempts_nothing_is_raised():
    attempts = Attempts()
    attempts.make(lambda: None)

    assert attempts.raise_first() is None
