"""Chooses the tags of a bucket that say most to whoever reads an alert: what it holds, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST = 3  # a line or two of a phone
LONGEST = 60  # characters of one

# In the order in which tags are chosen. Names are anybody's own; AWS's guide has examples of these:
# https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html
_WORDS = (
    "classif|confiden|sensitiv|compliance|gdpr|pii|hipaa",
    "owner|contact|team",
    "environment|^env$",
)
_TELLING = [re.compile(words, re.IGNORECASE) for words in _WORDS]


def choose_tags(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return the few tags that tell most, each as `name=value`; those that AWS puts itself are none."""
    own = sorted(name for name in tags if not name.startswith("aws:"))
    told = dict.fromkeys(name for words in _TELLING for name in own if words.search(name))
    return tuple(f"{name}={tags[name]}"[:LONGEST] for name in told)[:MOST]
