from __future__ import annotations

import re
import unicodedata
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.text import (
    clean,
    columns,
    count,
    duration,
    elide,
    pack,
    quoted_name,
    short_timestamp,
    shorten,
    size,
    span,
    timestamp,
    to_ascii,
    truncate_list,
    wrap,
)

TIME = 1795162443.0  # 2026-11-20 08:14:03 UTC
HIDDEN = ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("payroll/q3.csv", "payroll/q3.csv"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("no\u00a0break", "no\\xa0break"),
        ("\u3164\ufe0f", "\\u3164\\ufe0f"),
        ("\U0001d159\U00013441", "\\U0001d159\\U00013441"),
        ("\x1b[31m", "\\x1b[31m"),
        ("http://a HTTPS://b ftp://c", "http[://]a HTTPS[://]b ftp[://]c"),
        ("www.evil.example MailTo:x@y", "www[.]evil[.]example MailTo[:]x@y"),
        ("s3://hr-data/www", "s3://hr-data/www"),
        ("Gehälter/漢字", "Gehälter/漢字"),
    ],
    ids=[
        "plain",
        "breaks",
        "bidi",
        "zero width",
        "blank",
        "filler",
        "blank notes and hieroglyphs",
        "terminal",
        "links",
        "short links",
        "no link",
        "letters",
    ],
)
def test_clean_text_is_one_visible_line(text, shown):
    assert clean(text) == shown


@given(st.text(), st.integers(10, 100))
def test_cleaning_any_text_leaves_it_visible_short_and_unchanged_by_cleaning_again(text, limit):
    shown = clean(text, limit)

    assert len(shown) <= limit
    assert not [char for char in shown if unicodedata.category(char) in HIDDEN]
    assert clean(shown, limit) == shown


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [("payroll/2026/q3.csv", 19, "payroll/2026/q3.csv"), ("payroll/2026/q3.csv", 13, "payro...3.csv")],
    ids=["fits", "too long"],
)
def test_an_elided_key_keeps_both_its_ends(text, limit, cut):
    assert elide(text, limit) == cut


def test_a_shortened_text_keeps_its_beginning():
    assert shorten("who did what", 8) == "who d..."


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [("Gehälter", "Gehalter"), ("漢字", "??"), ("ﬁle", "file"), ("plain", "plain")],
    ids=["accents", "no such form", "ligature", "plain"],
)
def test_subjects_are_written_in_ascii(text, ascii_text):
    assert to_ascii(text) == ascii_text


def test_wide_characters_take_two_columns():
    assert columns("漢字 ab") == 7


@given(st.text(alphabet=st.characters(exclude_categories=HIDDEN)), st.integers(2, 80))
def test_wrapped_lines_fit_and_lose_nothing_but_blanks(text, width):
    lines = wrap(text, width)

    assert max(map(columns, lines)) <= width
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.text("ab漢", min_size=1, max_size=3)), st.integers(6, 20))
def test_packed_lines_fit_and_keep_every_token(tokens, width):
    lines = pack(tokens, width)

    assert "".join(lines) == "".join(tokens)
    assert all(columns(line) <= width for line in lines)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (230_000_000, "230 MB"),
        (12_345_678_901, "12.3 GB"),
        (999_600, "1 MB"),
        (10**21, "1,000,000 PB"),
    ],
    ids=str,
)
def test_sizes_are_powers_of_a_thousand(number, words):
    assert size(number) == words


@pytest.mark.parametrize(
    ("number", "thing", "words"),
    [
        (1, "key", "1 key"),
        (1204, "access", "1,204 accesses"),
        (2, "catalogue entry", "2 catalogue entries"),
        (2, "key", "2 keys"),
    ],
    ids=["one", "many", "y after a consonant", "y after a vowel"],
)
def test_counts_agree_with_their_number(number, thing, words):
    assert count(number, thing) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (61, "1 minute 1 second"),
        (25500, "7 hours 5 minutes"),
        (86400, "1 day"),
        (90061, "1 day 1 hour"),
    ],
    ids=str,
)
def test_durations_show_two_units(seconds, words):
    assert duration(seconds) == words


def test_times_are_utc():
    assert (timestamp(TIME), short_timestamp(TIME)) == ("2026-11-20 08:14:03 UTC", "2026-11-20 08:14 UTC")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Madrid", "2026-11-20 08:14:03 UTC (09:14:03 CET)"),
        ("Pacific/Auckland", "2026-11-20 08:14:03 UTC (21:14:03 NZDT)"),
        ("Pacific/Honolulu", "2026-11-20 08:14:03 UTC (2026-11-19 22:14:03 HST)"),
        ("America/Sao_Paulo", "2026-11-20 08:14:03 UTC (05:14:03 -03)"),
        ("Europe/London", "2026-11-20 08:14:03 UTC"),
    ],
    ids=str,
)
def test_local_time_stands_beside_utc_where_it_differs(zone, words):
    assert timestamp(TIME, ZoneInfo(zone)) == words


def test_a_period_is_shown_in_local_time_too():
    shown = span(TIME, TIME + 57600, ZoneInfo("Europe/Madrid"))

    assert shown == "2026-11-20 08:14:03 to 2026-11-21 00:14:03 UTC (09:14:03 to 2026-11-21 01:14:03 CET)"


@given(st.floats(allow_nan=False), st.sampled_from(["Pacific/Kiritimati", "Etc/GMT+12"]))
def test_any_time_can_be_shown_in_any_zone(time, zone):
    assert "UTC (" in timestamp(time, ZoneInfo(zone))


def test_a_time_beyond_the_calendar_becomes_its_last_second():
    assert short_timestamp(1e30) == "9999-12-30 23:59 UTC"


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (TIME, "2026-11-20 08:14:03 UTC"),
        (TIME + 60, "2026-11-20 08:14:03 to 08:15:03 UTC"),
        (TIME + 86400, "2026-11-20 08:14:03 to 2026-11-21 08:14:03 UTC"),
    ],
    ids=["a moment", "a day", "two days"],
)
def test_spans_name_the_same_day_once(last, words):
    assert span(TIME, last) == words


@pytest.mark.parametrize(
    ("total", "exact", "lines"),
    [
        (2, True, ["a", "b"]),
        (57, True, ["a", "b", "and 55 others"]),
        (100, False, ["a", "b", "and more than 98 others"]),
    ],
    ids=["all", "some", "nobody knows"],
)
def test_truncated_lists_say_how_many_they_leave_out(total, exact, lines):
    assert truncate_list(["a", "b"], total, 2, exact=exact) == lines


@given(st.text())
def test_a_name_is_plain_or_in_quotation_marks_of_its_own(text):
    shown = quoted_name(text)

    assert shown == f'"{shown[1:-1]}"' if re.search(r'[\s()"]', shown) else shown == to_ascii(text)
    assert '"' not in shown[1:-1]
