from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from linkify_it.tlds import TLDS
from s3watch.links import FILES, atoms, defang
from s3watch.text import clean, elide, shorten, to_ascii, wrap

from tests.support.linkifiers import UNICODE_DOMAINS, links

PIECES = (
    "evil", "x", "www", "ftp", ".", ".", "..", "com", "zip", "html", "ht", "csv", "COM", "xn--p1ai", "2", "é",
    "भारत", "சிங்கப்பூர்", "рф", "中国", "\u093e",
    "/", "//", "://", "http", "s3", "mailto", "tel", ":", "@", "-", "_", " ", "\\", "[", "]", "...",
    "203.0.113.7", "\u3002", "\uff0e", "\u2024", "\u200b", "\u0301", "\U0001f600", "\n", "a" * 30, "9" * 25,
)  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=20)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("evil.com/login", "evil[.]com/login"),
        ("https://evil.example/x", "https[://]evil[.]example/x"),
        ("http://intranet/", "http[://]intranet/"),
        ("www.csv", "www[.]csv"),
        ("ceo@example.com", "ceo@example[.]com"),
        ("mailto:x@y", "mailto[:]x@y"),
        ("evil\u3002com", "evil[\u3002]com"),
        ("xn--80ak6aa92e.xn--p1ai", "xn--80ak6aa92e[.]xn--p1ai"),
        ("(//localhost)", "([//]localhost)"),
        (r"\\host\share", r"\[\]host\share"),
        ("10.0.0.1/login", "10.0.0[.]1/login"),
        ("s3://hr-data/backup/archive.zip", "s3://hr-data/backup/archive[.]zip"),
    ],
    ids=[
        "a host", "a URL", "a name without dots", "www", "an e-mail address", "a scheme",
        "an ideographic dot", "punycode", "a host without scheme", "a UNC path",
        "an IP address", "a file's ending that is a domain, too",
    ],
)  # fmt: skip
def test_what_would_become_a_link_is_broken_visibly(text: str, shown: str):
    assert (links(text) != [] or "\u3002" in text, defang(text), links(defang(text))) == (True, shown, [])


@pytest.mark.parametrize("domain", UNICODE_DOMAINS, ids=ascii)
def test_no_host_of_a_top_level_domain_in_unicode_becomes_a_link(domain: str):
    text = f"payroll/ evil.{domain}/login"

    assert (links(text) != [], links(clean(text))) == (True, [])


@pytest.mark.parametrize(
    "text",
    [
        "s3://hr-data/payroll/2026/q3.csv",
        "s3://hr-data/exports/part-0001.snappy.parquet",
        "arn:aws:s3:::hr-data/payroll/2026/q3.csv",
        "arn:aws:sts::111122223333:assumed-role/Analyst/i-0a1b2c3d",
        "aws-cli/2.31.0 md/awscrt#0.27.6",
        "report v1.2.txt",
        "C:\\temp\\q3.xlsx",
    ],
    ids=["a URI", "several endings", "an ARN", "a session", "a user agent", "a version", "a path"],
)
def test_what_becomes_no_link_stays_as_it_is(text: str):
    assert (links(text), defang(text)) == ([], text)


def test_an_ending_with_a_digit_stays_as_it_is_up_to_twenty_characters():
    kept, longer = (f"build.{'a' * letters}7" for letters in (19, 20))

    assert (defang(kept), defang(longer)) == (kept, longer.replace(".", "[.]"))


def test_a_line_is_broken_within_an_ending_only_after_twenty_characters():
    assert atoms("q3." + "a" * 21) == ["q", "3", "." + "a" * 20, "a"]


def test_no_ending_of_a_file_that_is_left_alone_is_a_top_level_domain():
    assert FILES.isdisjoint(name.lower() for name in TLDS)


@given(hostile)
@example("evil.html" + "x" * 300)
@example("x" * 290 + " evil.html.com2")
def test_no_cut_or_broken_line_of_clean_text_becomes_a_link(text: str):
    for shown in (clean(text), clean(to_ascii(text), 30)):
        limits = range(8, 40)
        cut = [shortened(shown, limit) for limit in limits for shortened in (elide, shorten)]

        assert [links(each) for each in (shown, *cut, *wrap(shown, 11)) if links(each)] == []


@given(hostile)
def test_the_parts_of_a_text_are_the_text(text: str):
    assert "".join(atoms(text)) == text


@given(hostile)
@example("////evil")
def test_what_was_broken_once_is_not_broken_again(text: str):
    assert defang(defang(text)) == defang(text)
