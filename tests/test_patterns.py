"""No text makes a regular expression of the library slow: time grows with length, not with its square."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from time import process_time
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.growth import LINEAR, growth
from tests.support.patterns import find_uses

USES = find_uses()
LENGTH = 20_000  # characters; a linear search takes up to 2 ms
SHORT = 10_000  # of what is slow: it takes 5 ms and more, and 4 times that at LENGTH
SUSPICIOUS = 0.004  # seconds; a quadratic search takes 10 times as long
LONGEST = 12  # characters that are repeated
TEXTS = 120  # of one example

type Cut = tuple[int, int]


def run(pattern: re.Pattern[Any], method: str, text: Any) -> None:
    """Use a pattern as the library does."""
    call: Callable[..., Any] = getattr(pattern, method)
    found = call(text[:0], text) if method == "sub" else call(text)
    if method == "finditer":
        list(found)


def grown(example: Any, cut: Cut, length: int) -> Any:
    """Return an example with the part between two places repeated, and without what comes after it."""
    start, end = cut
    nothing = b"\0" if isinstance(example, bytes) else "\0"
    return example[:start] + example[start:end] * (length // (end - start)) + nothing


def find_slow(
    pattern: re.Pattern[Any], method: str, example: Any, first: int = 0, *, repeated: int = LENGTH
) -> Iterator[Cut]:
    """Yield where an example, if repeated there, takes more than linear time."""
    length = len(example)
    cuts = [
        (start, end) for start in range(length) for end in range(start + 1, min(start + LONGEST, length) + 1)
    ]
    for cut in cuts[first % (len(cuts) // TEXTS + 1) :: len(cuts) // TEXTS + 1]:
        text, start = grown(example, cut, repeated), process_time()
        run(pattern, method, text)
        if process_time() - start > SUSPICIOUS:
            make, use = partial(grown, example, cut), partial(run, pattern, method)
            if growth(make, use, repeated // 4) > LINEAR:
                yield cut


@pytest.mark.parametrize(("pattern", "methods"), USES.values(), ids=USES)
@settings(
    max_examples=10, derandomize=True, deadline=None, phases=[Phase.generate]
)  # slow ones shrink slowly
@given(data=st.data())
def test_no_repetition_of_what_a_pattern_finds_takes_more_than_linear_time(
    pattern: re.Pattern[Any], methods: frozenset[str], data: st.DataObject
):
    example, first = data.draw(st.from_regex(pattern)), data.draw(st.integers(0, 1000))

    assert methods
    assert [cut for method in methods for cut in islice(find_slow(pattern, method, example, first), 1)] == []


@pytest.mark.parametrize(
    ("pattern", "method", "example"),
    [
        (r"arn:[^:]*:s3:::[^/*]*/", "sub", "arn::s3:::/"),
        (r"\$\{[^}]*\}", "sub", "${a}"),
        (" (?= *$)", "sub", "  a "),
        ("a*a*b", "match", "aab"),
    ],
    ids=["a beginning", "a variable", "blanks before the end", "two repetitions"],
)
def test_what_was_slow_is_found(pattern: str, method: str, example: str):
    assert next(find_slow(re.compile(pattern), method, example, repeated=SHORT))
