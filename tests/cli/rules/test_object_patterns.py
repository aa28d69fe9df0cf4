from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch import globs
from s3watch_cli.rules.diagnostics import InvalidInputError
from s3watch_cli.rules.object_patterns import ObjectPattern, parse_pattern, refuse_log_bucket


@pytest.mark.parametrize(
    ("text", "key", "exact", "prefix"),
    [
        ("s3://hr-data", "*", None, ""),
        ("s3://hr-data/", "*", None, ""),
        ("s3://hr-data/*", "*", None, ""),
        ("s3://hr-data/payroll/*", "payroll/*", None, "payroll/"),
        ("s3://hr-data/payroll/**", "payroll/*", None, "payroll/"),
        ("s3://hr-data/payroll", "payroll", "payroll", None),
        ("s3://hr-data//odd//key", "/odd//key", "/odd//key", None),
        (r"s3://hr-data/a\*b", r"a\*b", "a*b", None),
        (r"s3://hr-data/a\?b/*", r"a\?b/*", None, "a?b/"),
        (r"s3://hr-data/a\b", r"a\\b", r"a\b", None),
        (r"s3://hr-data/a\\*", r"a\\*", None, "a\\"),
        ("s3://hr-data/*.csv", "*.csv", None, None),
        ("s3://hr-data/a?/*", "a?/*", None, None),
        ("s3://hr-data/**/x/**", "*/x/*", None, None),
    ],
    ids=str,
)
def test_a_pattern_is_one_key_a_prefix_or_neither(text, key, exact, prefix):
    pattern = parse_pattern(text)

    assert (pattern, pattern.exact, pattern.prefix) == (ObjectPattern("hr-data", key), exact, prefix)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("s3://hr-*", "s3://hr-*/*"),
        ("s3://*/payroll/*", "s3://*/payroll/*"),
        ("s3://h?-data/a", "s3://h?-data/a"),
    ],
    ids=str,
)
def test_a_bucket_may_be_a_pattern_too(text, uri):
    pattern = parse_pattern(text)

    assert (pattern.wild, pattern.uri) == (True, uri)


@pytest.mark.parametrize(
    "text",
    [
        "hr-data/payroll/*",
        "arn:aws:s3:::hr-data/*",
        "https://hr-data/x",
        "s3://",
        "s3://HR-data",
        "s3://-hr",
        "s3://a..b",
        "s3://192.0.2.1",
        "s3://name-s3alias",
        "s3://name--ol-s3",
        "s3://hr-data/" + "a" * 1025,
        "s3://hr-data/a\nb",
    ],
    ids=lambda text: text[:30],
)
def test_what_names_no_object_is_refused_with_a_fix(text):
    with pytest.raises(InvalidInputError) as refused:
        parse_pattern(text)

    assert refused.value.instead


def test_a_key_is_as_long_as_what_its_pattern_matches():
    key = "*" * 1024

    assert parse_pattern("s3://hr-data/" + key.replace("*", r"\*")).exact == key


def test_the_bucket_of_a_trail_is_not_to_be_watched():
    with pytest.raises(InvalidInputError, match="holds CloudTrail's log files"):
        refuse_log_bucket(parse_pattern("s3://aws-cloudtrail-logs-111122223333-ab12cd34"))


@given(st.text("ab/*?\\", max_size=8), st.text("ab/*?\\", max_size=8))
def test_the_written_and_the_compiled_pattern_mean_the_same(pattern, key):
    parsed = parse_pattern(f"s3://hr-data/{pattern}")

    meant = globs.compile_glob(pattern or "*")(key)

    assert globs.compile_glob(parsed.key)(key) == meant
    if parsed.exact is not None:
        assert (key == parsed.exact) == meant
    if parsed.prefix is not None:
        assert key.startswith(parsed.prefix) == meant
