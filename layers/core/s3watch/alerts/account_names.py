"""Puts behind the number of an account how the catalogue calls it: `111122223333 (hr-prod)`.

The names are those of the catalogue alone: no caller can choose one.
"""

from __future__ import annotations

import re

from s3watch.alerts.alert import Evidence
from s3watch.text import clean

NAME = 40  # characters, as many as the catalogue takes
_IN_WORDS = re.compile(r"\baccount (\d{12})\b", re.ASCII)


def name_of(account: str, evidence: Evidence) -> str:
    """Return the name of an account as the catalogue has it, not cleaned; empty if it has none."""
    return next((name for number, name in evidence.account_names if number == account), "")


def numbered(account: str, evidence: Evidence) -> str:
    """Render the number of an account, with its name."""
    return f"{clean(account, 60)}{_behind(account, evidence)}"


def in_words(text: str, evidence: Evidence) -> str:
    """Add the names to cleaned text of ours: `account 111122223333 may read`.

    What is in quotation marks is somebody else's, as is all that follows.
    """
    ours, mark, theirs = text.partition('"')
    named = _IN_WORDS.sub(lambda found: f"{found[0]}{_behind(found[1], evidence)}", ours)
    return f"{named}{mark}{theirs}"


def _behind(account: str, evidence: Evidence) -> str:
    name = name_of(account, evidence)
    return f" ({clean(name, NAME)})" if name else ""
