"""Writes the entries for rules/exceptions.yaml that would silence an alert, ready to paste."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, takewhile

from s3watch.alerts.alert import Alert, Evidence
from s3watch.links import atoms, find_links
from s3watch.text import is_visible, pack, to_utc

RULES = 10  # detections that have an entry: a message names as many
DAYS = 30  # how long the suggested exception lasts: long enough to update the catalogue instead
WIDTH = 66  # columns of a quoted text, so that a line with its indent stays below 78

# Needs no quotes in YAML: not a number, not a reserved word, no special character.
_PLAIN = re.compile(
    r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][\w./@-]{0,60}", re.ASCII | re.IGNORECASE
)
# One that does not escape a wildcard: written as two it would be the beginning of a link to a Windows share
_BACKSLASH = re.compile(r"\\(?![*?])")


def exceptions(alert: Alert) -> list[str]:
    """Write an entry for each detection as lines of YAML; text from a caller matches only itself."""
    rules = list(dict.fromkeys((alert.rule, *alert.rules)))[:RULES]
    return [line for rule in rules for line in _exception(alert, rule)]


def _exception(alert: Alert, rule: str) -> list[str]:
    evidence = alert.evidence
    # Names are unique in their account, which the object tells only if it is in a bucket.
    account = "" if evidence.bucket or not evidence.caller_account else f"{evidence.caller_account}:"
    return [
        *_untrusted("- rule", rule),
        *(
            member("  actor", pattern(_of(account, evidence.actor)))
            if evidence.actor_verified
            else _untrusted("  actor", pattern(_of(account, alert.principal or alert.actor)))
        ),
        *_objects(alert),
        *member("  owner", alert.owner.partition(", ")[0] or "you@example.com"),
        "  reason: why this is expected",
        f"  until: {to_utc(alert.last + DAYS * 86400):%Y-%m-%d}",
    ]


def _of(account: str, name: str) -> str:
    return name if f"{name}:".startswith(account) else account + name


def _objects(alert: Alert) -> list[str]:
    """Name every object of the alert; of more than it keeps, all below the prefix that these share."""
    evidence = alert.evidence
    if not evidence.bucket:
        return _untrusted("  object", pattern(evidence.resource)) if names_object(evidence) else []
    bucket = f"s3://{evidence.bucket}"
    if alert.distinct_keys < 2:
        return _untrusted("  object", pattern(f"{bucket}{'/' * bool(evidence.key)}{evidence.key}"))
    if alert.keys_exact and alert.distinct_keys == len(alert.keys):
        uris = (f"{bucket}/{key}" for key in alert.keys)
        return ["  object:", *(line for uri in uris for line in _item("    - ", pattern(uri)))]
    below = f"{pattern(f'{bucket}/{_folder(alert.keys)}')}*"
    place = "below this prefix" if _folder(alert.keys) else "in the whole bucket"
    return [f"  # more objects than a message keeps: all {place}", *_untrusted("  object", below)]


def names_object(evidence: Evidence) -> bool:
    """Return whether an exception can name what was touched: in a bucket, or by its ARN."""
    return bool(evidence.bucket) or evidence.resource.startswith("arn:")


def names_bucket(alert: Alert) -> bool:
    """Return whether an exception can name only the bucket, by which it covers all objects in it, too."""
    return bool(alert.evidence.bucket) and not alert.evidence.key and alert.distinct_keys < 2


def _folder(keys: Sequence[str]) -> str:
    """Return what keys have in common up to their last slash: `payroll/2026/`."""
    pairs = takewhile(
        lambda pair: pair[0] == pair[1], zip(min(keys, default=""), max(keys, default=""), strict=False)
    )
    return "".join("".join(char for char, _ in pairs).rpartition("/")[:2])


def _untrusted(name: str, text: str) -> list[str]:
    return _written(name, quoted(text)) if find_links(text) else member(name, text)


def _item(dash: str, text: str) -> list[str]:
    first, *rest = quoted(text)
    return [f"{dash}{first}", *(f"      {line}" for line in rest)]


def member(name: str, text: str) -> list[str]:
    """Write a member of a YAML mapping, with its text quoted where that is needed."""
    return _written(name, [text] if _PLAIN.fullmatch(text) else quoted(text))


def _written(name: str, lines: list[str]) -> list[str]:
    first, *rest = lines
    return [f"{name}: {first}", *(f"    {line}" for line in rest)]


def pattern(text: str) -> str:
    """Write the pattern that matches a text, and no other.

    Only what no pattern can have is `?`, which matches any one character: control characters, and blanks at
    the end, which the compiler strips.
    """
    literal = (f"\\{char}" if char in "*?\\" else char for char in text)
    shown = "".join("?" if part < " " else part for part in literal)
    return shown.rstrip().ljust(len(shown), "?")


def quoted(text: str) -> list[str]:
    r"""Write a text as a double-quoted YAML scalar in lines of at most 66 columns, joined by `\`."""
    spans = [*find_links(text), *(found.span() for found in _BACKSLASH.finditer(text))]
    links = {place for span in spans for place in range(*span)}  # must not become clickable
    places = accumulate(map(len, atoms(text)), initial=0)
    tokens = (
        "".join(_token(char, place + at in links) for at, char in enumerate(atom))
        for place, atom in zip(places, atoms(text), strict=False)
    )
    first, *rest = pack(tokens, WIDTH - len('"" \\')) or [""]
    return f'"{"\\\n".join([first, *map(_keep_blank, rest)])}"'.split("\n")


def _token(char: str, is_link: bool) -> str:
    if is_link:
        return rf"\x{ord(char):02x}" if char.isascii() else rf"\u{ord(char):04x}"
    if char in '"\\':
        return f"\\{char}"
    return char if is_visible(char) else f"\\U{ord(char):08x}"


def _keep_blank(line: str) -> str:
    """Escape a leading space, which YAML would take for indentation."""
    return f"\\{line}" if line.startswith(" ") else line
