"""Text of unknown origin made safe to show, and values in the words people read.

Keys, user agents and session names are whatever a caller likes. What is shown goes through `clean` once; the
exact text is in the form for machines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

ELLIPSIS = "..."
MOST = 300  # characters of one shown value: more than a screen of a phone is no longer read
LATEST = 253402300799  # the last second of the year 9999, which is as far as datetime goes

# Characters that Python calls printable and nobody sees: fillers, variation selectors, the empty Braille cell
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# The sign by which mail programs and chats know a link of any scheme; of s3:// they make none
LINK = re.compile(r"(?<=[a-z0-9+-])(?<!\bs3):(?=//)|(?<=\bmailto):|(?<=\bwww)\.(?=[^.\s])", re.IGNORECASE)


def clean(text: str, most: int = MOST) -> str:
    r"""Make text one visible line of at most `most` characters that has no links and keeps its direction.

    Control, format and blank characters become escapes (`\n`, `\u202e`); too long a text loses its middle.
    """
    shown = "".join(char if is_visible(char) else escape(char) for char in elide(text, most))
    return elide(LINK.sub(r"[\g<0>]", shown), most)


def is_visible(char: str) -> bool:
    """Tell whether a character shows as itself and nothing else."""
    return char.isprintable() and not _BLANK.match(char)


def escape(char: str) -> str:
    """Write a character as the escape programmers know."""
    return char.encode("unicode_escape").decode()


def elide(text: str, most: int) -> str:
    """Cut a text to `most` characters in its middle, so that both ends stay."""
    if len(text) <= most:
        return text
    kept = most - len(ELLIPSIS)
    tail = kept // 2
    return text[: kept - tail] + ELLIPSIS + text[len(text) - tail :]


def shorten(text: str, most: int) -> str:
    """Cut a text to `most` characters at its end."""
    return text if len(text) <= most else text[: most - len(ELLIPSIS)].rstrip() + ELLIPSIS


def to_ascii(text: str) -> str:
    """Write text in ASCII: letters without their accents, `?` for what has no such form."""
    if text.isascii():
        return text
    letters = (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "".join(letters).encode("ascii", "replace").decode()


def columns(text: str) -> int:
    """Count the columns a text takes: East Asian wide characters and emoji take two."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(char) in "WF" for char in text)


def wrap(text: str, width: int) -> list[str]:
    """Break one line into lines of at most `width` columns, at a space where there is one."""
    lines = []
    while columns(text) > width:
        fits = _fitting(text, width)
        space = text.rfind(" ", 1, fits + 1)
        cut = space if space > 0 else fits
        lines.append(text[:cut].rstrip(" "))
        text = text[cut:].lstrip(" ")
    return [*lines, text]


def _fitting(text: str, width: int) -> int:
    """The number of characters that fit into `width` columns, at least one."""
    fits = min(len(text), width)
    while columns(text[:fits]) > width and fits > 1:
        fits -= 1
    return fits


def pack(tokens: Iterable[str], width: int) -> list[str]:
    """Join tokens into lines of at most `width` columns without breaking any."""
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
    """Write a number of bytes: `230 MB`, in powers of a thousand."""
    if number < 1000:
        return count(number, "byte")
    value, unit = float(number), "bytes"
    for unit in ("kB", "MB", "GB", "TB", "PB"):
        value /= 1000
        if value < 999.5:  # from here on three digits would round up to the next unit
            return f"{value:.3g} {unit}"
    return f"{value:,.0f} {unit}"


def count(number: int, thing: str) -> str:
    """Write how many: `1 key`, `1,204 accesses`."""
    plural = f"{thing}es" if thing.endswith("s") else f"{thing}s"
    return f"{number:,} {thing if number == 1 else plural}"


def duration(seconds: float) -> str:
    """Write a length of time in its two greatest units: `7 hours 5 minutes`."""
    left, parts = int(max(seconds, 0)), []
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, left = divmod(left, length)
        parts.append((number, unit))
    first = next((place for place, (number, _) in enumerate(parts) if number), len(parts) - 1)
    shown = [count(number, unit) for number, unit in parts[first : first + 2] if number]
    return " ".join(shown) or "0 seconds"


def moment(time: float) -> str:
    """Write a time of epoch seconds: `2026-11-20 08:14:03 UTC`."""
    return f"{at(time):%Y-%m-%d %H:%M:%S} UTC"


def minute(time: float) -> str:
    """Write a time to the minute: `2026-11-20 08:14 UTC`."""
    return f"{at(time):%Y-%m-%d %H:%M} UTC"


def span(first: float, last: float) -> str:
    """Write from when to when, the day once where it is the same."""
    if moment(first) == moment(last):
        return moment(first)
    start, end = at(first), at(last)
    until = f"{end:%H:%M:%S} UTC" if start.date() == end.date() else moment(last)
    return f"{start:%Y-%m-%d %H:%M:%S} to {until}"


def at(time: float) -> datetime:
    """Give the UTC time of epoch seconds; what a caller made up beyond the calendar becomes its edge."""
    return datetime.fromtimestamp(min(max(time, 0), LATEST), UTC)


def listing(shown: Sequence[str], total: int, most: int, *, exact: bool = True) -> list[str]:
    """List the first texts and say how many others there are, of `total` or of more than that."""
    rest = max(total, len(shown)) - min(len(shown), most)
    others = [f"and {'' if exact else 'more than '}{count(rest, 'other')}"] if rest or not exact else []
    return [*shown[:most], *others]
