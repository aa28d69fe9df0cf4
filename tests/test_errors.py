from __future__ import annotations

import pytest
from s3watch.errors import Attempts, Mistake, RecordError, RuleError, describe


def test_a_mistake_says_where_it_is_what_is_wrong_and_what_to_write_instead():
    assert (
        str(Mistake("a.yml", 3, "unknown field", "write `s3.key`"))
        == "a.yml:3: unknown field; write `s3.key`"
    )


def test_a_mistake_without_a_suggestion_ends_with_what_is_wrong():
    assert str(Mistake("a.yml", 3, "unknown field")) == "a.yml:3: unknown field"


def test_all_mistakes_are_listed_by_file_and_line():
    error = RuleError([Mistake("b.yml", 1, "two"), Mistake("a.yml", 9, "one"), Mistake("b.yml", 0, "first")])

    assert str(error) == "a.yml:9: one\nb.yml:0: first\nb.yml:1: two"


@pytest.mark.parametrize(
    ("error", "text"),
    [(RecordError("not JSON"), "not JSON"), (ValueError("odd"), "ValueError: odd")],
    ids=["ours", "any other"],
)
def test_an_error_that_is_not_ours_is_described_with_its_type(error: Exception, text: str):
    assert describe(error) == text


def fail(reason: str) -> None:
    raise ValueError(reason)


def test_every_step_is_run():
    attempts = Attempts()

    assert [attempts.run(lambda: 1), attempts.run(lambda: fail("two")), attempts.run(lambda: 3)] == [
        1,
        None,
        3,
    ]


def test_the_first_failure_is_raised_at_the_end_and_the_others_are_counted():
    attempts = Attempts()
    for reason in ("one", "two", "three"):
        attempts.run(lambda reason=reason: fail(reason))

    with pytest.raises(ValueError, match="one") as failure:
        attempts.raise_first()
    assert failure.value.__notes__ == ["and 2 more failed"]


def test_without_a_failure_nothing_is_raised():
    attempts = Attempts()
    attempts.run(lambda: None)

    assert attempts.raise_first() is None
