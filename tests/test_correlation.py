from __future__ import annotations

from s3watch.correlation import Correlation

ALIASES = (("who", "read", "s3.actor"), ("who", "deleted", "s3.principal"))


def test_an_alias_is_another_field_in_the_accesses_of_each_rule():
    correlation = Correlation("temporal", ("read", "deleted"), 3600, 2, ("who",), aliases=ALIASES)

    assert [correlation.field_of("who", rule) for rule in correlation.rules] == ["s3.actor", "s3.principal"]


def test_what_is_no_alias_is_a_field():
    assert Correlation("event_count", ("read",), 3600, 2).field_of("s3.key", "read") == "s3.key"
