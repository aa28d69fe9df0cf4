"""What mail programs, phones and chat clients make links of, by the rules of those that publish theirs."""

from __future__ import annotations

import re

from linkify_it import LinkifyIt
from linkify_it.tlds import TLDS


def _in_unicode(name: str) -> str:
    """A top-level domain as people write it: `XN--H2BRJ9C` is भारत."""
    return name[4:].lower().encode().decode("punycode") if name.startswith("XN--") else name


UNICODE_DOMAINS = sorted(_in_unicode(name) for name in TLDS if name.startswith("XN--"))
_NAMES = [*TLDS, *UNICODE_DOMAINS]
_LINKIFIER = LinkifyIt(options={"fuzzy_ip": True}).tlds(_NAMES)
# Android links after any boundary of a word, even after a slash (AUTOLINK_WEB_URL in
# https://developer.android.com/reference/android/util/Patterns)
_DOMAINS = "|".join(sorted((re.escape(name) for name in _NAMES), key=len, reverse=True))
_ANDROID = re.compile(
    rf"\b(?:(?:https?|rtsp|ftp)://\S+|(?:[\w-]+\.)+(?:{_DOMAINS}|xn--[\w-]+)(?![\w-])|\d+\.\d+\.\d+\.\d+(?![\w.]))",
    re.IGNORECASE,
)
# Outlook and Slack link what begins with www., Outlook a UNC path, phones what has a scheme of theirs
_OTHERS = re.compile(r"www\.\w\S*|\\\\\w+|(?:mailto|tel|sms):\S+", re.IGNORECASE)


def links(text: str) -> list[str]:
    """What any of them would link in a text."""
    found = [match.raw for line in text.splitlines() for match in _LINKIFIER.match(line) or ()]
    return found + _ANDROID.findall(text) + _OTHERS.findall(text)
