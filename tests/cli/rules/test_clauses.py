from __future__ import annotations

from s3watch_cli.rules.clauses import Clause, read_clauses
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.rule_folders import read, rule

SEARCHES = """\
detection:
  one:
    s3.key|contains|all: [a, b]
    eventName: GetObject
  words: [ransom, 5]
  alternatives:
    - s3.key: a
    - - s3.key: b
  condition: all of them
"""


def test_clauses_are_taken_out_at_any_depth_with_their_places():
    assert read_clauses(read(SEARCHES), Diagnostics()) == [
        Clause("s3.key", ("contains", "all"), ("a", "b"), ("detection", "one", "s3.key|contains|all")),
        Clause("eventName", (), ("GetObject",), ("detection", "one", "eventName")),
        Clause("", (), ("ransom", 5), ("detection", "words")),
        Clause("s3.key", (), ("a",), ("detection", "alternatives", 0, "s3.key")),
        Clause("s3.key", (), ("b",), ("detection", "alternatives", 1, 0, "s3.key")),
    ]


def test_a_mistake_has_the_line_of_its_value():
    diagnostics = Diagnostics()

    rule("selection:\n  s3.caller_account:\n    - '1'\n    - 111122223333\ncondition: selection", diagnostics)

    assert [(mistake.line, mistake.what) for mistake in diagnostics.mistakes] == [
        (13, "an unquoted account ID, 111122223333")
    ]


def test_a_number_of_twelve_digits_may_be_compared():
    diagnostics = Diagnostics()

    rule("selection:\n  s3.bytes_out|gte: 107374182400\ncondition: selection", diagnostics)

    assert diagnostics.mistakes == []
