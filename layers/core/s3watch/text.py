"""Formats text, numbers and times for people, and makes untrusted text safe to show.

Callers choose object keys, user agents and session names freely. Everything shown in an alert goes through
`clean` once, or through what stands beside it; the exact text is in the OCSF event for machines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo

from s3watch.links import defang, place_to_cut

ELLIPSIS = "..."
MAX_SHOWN = 300  # characters of one shown value: nobody reads more than fits on a phone's screen
LAST_SECOND = 253402214399  # epoch seconds a day before the last that datetime can hold, in any time zone

_DAY, _SECOND, _MINUTE = "%Y-%m-%d", "%H:%M:%S", "%H:%M"

# Characters that Python calls printable but that are invisible: fillers, variation selectors, blank Braille,
# hieroglyphs, notes and signs
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00013441\U00013442\U00016fe4\U0001d159\U0001da7f\U000e0100-\U000e01ef]"
)
_AMBIGUOUS = re.compile(r"[\s()\"]")  # what ordinary names do not have, and remarks of a headline do
# An e-mail address, an IP address, an AWS service
_ADDRESS = re.compile(
    r"[\w.+-]+@\w[\w.-]*|[\d.]{7,15}|[0-9a-f.]*+:[0-9a-f:.]*|service/[\w-]+\.amazonaws\.com", re.ASCII
)


def clean(text: str, limit: int = MAX_SHOWN) -> str:
    r"""Return text as one visible line of at most `limit` characters, in which nothing becomes a link.

    Control, format and blank characters become escapes (`\n`, `\u202e`); text that is too long loses its
    middle.
    """
    return elide(defang(one_line(text, limit)), limit)


def clean_name(text: str, limit: int = MAX_SHOWN) -> str:
    """Return text like `clean`, in quotation marks if blanks or brackets could make it pass for our words."""
    shown = clean(text, limit)
    return quoted(shown) if _AMBIGUOUS.search(shown) else shown


def clean_address(text: str, limit: int = MAX_SHOWN) -> str:
    """Return text that AWS or the rules' authors wrote like `clean`, but an address or a service as it is."""
    return text if len(text) <= limit and _ADDRESS.fullmatch(text) else clean(text, limit)


def one_line(text: str, limit: int = MAX_SHOWN) -> str:
    """Return text as one visible line of at most `limit` characters, for programs, or if we wrote it."""
    return elide(_escaped(elide(text, limit)), limit)


def _escaped(text: str) -> str:
    return "".join(char if is_visible(char) else escape(char) for char in text)


def is_visible(char: str) -> bool:
    """Return whether a character is printed as itself, and can be seen."""
    return char.isprintable() and not _BLANK.match(char)


def escape(char: str) -> str:
    """Return a character as its Python escape sequence."""
    return char.encode("unicode_escape").decode()


def elide(text: str, limit: int) -> str:
    """Cut a text to `limit` characters in the middle, keeping both ends."""
    if len(text) <= limit:
        return text
    kept = limit - len(ELLIPSIS)
    tail = kept // 2
    return text[: place_to_cut(text, kept - tail)] + ELLIPSIS + text[len(text) - tail :]


def shorten(text: str, limit: int) -> str:
    """Cut a text to `limit` characters at the end."""
    if len(text) <= limit:
        return text
    return text[: place_to_cut(text, limit - len(ELLIPSIS))].rstrip() + ELLIPSIS


def to_ascii(text: str) -> str:
    """Convert text to ASCII: accents are dropped, anything else becomes `?`."""
    if text.isascii():
        return text
    letters = (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "".join(letters).encode("ascii", "replace").decode()


def quoted(text: str) -> str:
    """Put the words of somebody else into quotation marks, out of which they cannot get."""
    return '"' + text.replace('"', "'") + '"'


def quoted_name(text: str) -> str:
    """Convert a name to ASCII, in quotation marks if blanks or brackets could make it pass for our words."""
    plain = to_ascii(text)
    return quoted(plain) if _AMBIGUOUS.search(plain) else plain


def columns(text: str) -> int:
    """Return the display width of a text: East Asian wide characters and emoji take two columns."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(char) in "WF" for char in text)


def wrap(text: str, width: int) -> list[str]:
    """Break one line into lines of at most `width` columns, at a space where there is one."""
    lines = []
    while columns(text) > width:
        fits = _fitting(text, width)
        space = text.rfind(" ", 1, fits + 1)
        cut = space if space > 0 else place_to_cut(text, fits)
        lines.append(text[:cut].rstrip(" "))
        text = text[cut:].lstrip(" ")
    return [*lines, text]


def _fitting(text: str, width: int) -> int:
    """Return how many characters fit into `width` columns, at least one."""
    fits = min(len(text), width)
    while columns(text[:fits]) > width and fits > 1:
        fits -= 1
    return fits


def pack(tokens: Iterable[str], width: int) -> list[str]:
    """Join tokens into lines of at most `width` columns, without breaking a token."""
    lines: list[str] = []
    used = width
    for token in tokens:
        needed = columns(token)
        if not lines or used + needed > width:
            lines.append("")
            used = 0
        lines[-1] += token
        used += needed
    return lines


def size(number: int) -> str:
    """Format a number of bytes in powers of a thousand: `230 MB`."""
    if number < 1000:
        return count(number, "byte")
    value, unit = float(number), "bytes"
    for unit in ("kB", "MB", "GB", "TB", "PB"):
        value /= 1000
        if value < 999.5:  # from here on three digits would round up to the next unit
            return f"{value:.3g} {unit}"
    return f"{value:,.0f} {unit}"


def count(number: int, thing: str) -> str:
    """Format a count with its noun, in the plural where needed: `1 key`, `1,204 accesses`, `2 entries`."""
    if number != 1:
        stem = f"{thing[:-1]}ie" if thing.endswith("y") and thing[-2:-1] not in "aeiou" else thing
        thing = f"{stem}es" if stem.endswith("s") else f"{stem}s"
    return f"{number:,} {thing}"


def duration(seconds: float) -> str:
    """Format a duration in its two largest units: `7 hours 5 minutes`."""
    left, parts = int(max(seconds, 0)), []
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, left = divmod(left, length)
        parts.append((number, unit))
    first = next((place for place, (number, _) in enumerate(parts) if number), len(parts) - 1)
    shown = [count(number, unit) for number, unit in parts[first : first + 2] if number]
    return " ".join(shown) or "0 seconds"


def timestamp(time: float, zone: tzinfo = UTC) -> str:
    """Format epoch seconds to the second: `2026-11-20 08:14:03 UTC (09:14:03 CET)`."""
    return f"{to_utc(time):{_DAY} {_SECOND}} UTC{_local(time, time, zone, _SECOND)}"


def short_timestamp(time: float, zone: tzinfo = UTC) -> str:
    """Format epoch seconds to the minute: `2026-11-20 08:14 UTC (09:14 CET)`."""
    return f"{to_utc(time):{_DAY} {_MINUTE}} UTC{_local(time, time, zone, _MINUTE)}"


def span(first: float, last: float, zone: tzinfo = UTC) -> str:
    """Format a period between two epoch times; the day is named once if it is the same."""
    if timestamp(first) == timestamp(last):
        return timestamp(first, zone)
    return f"{_period(to_utc(first), to_utc(last))} UTC{_local(first, last, zone, _SECOND)}"


def _period(start: datetime, end: datetime) -> str:
    until = _SECOND if start.date() == end.date() else f"{_DAY} {_SECOND}"
    return f"{start:{_DAY} {_SECOND}} to {end:{until}}"


def _local(first: float, last: float, zone: tzinfo, time: str) -> str:
    """Format a moment or period in a zone, in brackets; the day is left out where it is that of UTC."""
    start, end = (to_utc(moment).astimezone(zone) for moment in (first, last))
    if not start.utcoffset() and not end.utcoffset():
        return ""
    shown = f"{start:{_DAY} {time}}" if first == last else _period(start, end)
    return f" ({shown.removeprefix(f'{to_utc(first):{_DAY}} ')} {end:%Z})"


def to_utc(time: float) -> datetime:
    """Convert epoch seconds to UTC; times that datetime can not hold become its first or last day."""
    return datetime.fromtimestamp(min(max(time, 0), LAST_SECOND), UTC)


def truncate_list(shown: Sequence[str], total: int, limit: int, *, exact: bool = True) -> list[str]:
    """Return the first `limit` texts, and a last one that counts the others: `and 12 others`.

    There are `total` texts in all, or more than that if not `exact`.
    """
    rest = max(total, len(shown)) - min(len(shown), limit)
    others = [f"and {'' if exact else 'more than '}{count(rest, 'other')}"] if rest or not exact else []
    return [*shown[:limit], *others]
