"""MITRE ATT&CK's techniques, by which the tags of rules are checked (`attack.t1530`).

The list is of version 18.1, Enterprise: https://attack.mitre.org/resources/versions/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

NAMESPACE = "attack."
# A version of ATT&CK that is newer than the list may have others: what is not found is no mistake
_LIST = files("s3watch_cli.lint") / "attack_techniques.json"


class Technique(NamedTuple):
    """A technique or sub-technique: its name, and the tactics that it serves (`defense-evasion`)."""

    name: str
    tactics: tuple[str, ...]


class _Written(msgspec.Struct):
    techniques: dict[str, tuple[str, tuple[str, ...]]]


@cache
def techniques() -> Mapping[str, Technique]:
    """Return the techniques by their ids (`T1552.005`)."""
    written = msgspec.json.decode(_LIST.read_bytes(), type=_Written)
    return {identity: Technique(*each) for identity, each in written.techniques.items()}


def technique_of(tag: str) -> str:
    """Return the id of the technique that a tag names; empty if it names none."""
    word = tag.lower().removeprefix(NAMESPACE)
    is_technique = tag.lower().startswith(NAMESPACE) and word[:1] == "t" and word[1:2].isdigit()
    return word.upper() if is_technique else ""


def find_unknown(tags: Sequence[str]) -> list[tuple[int, str]]:
    """Return the techniques among tags that are not in the list, each with the place of its tag."""
    named = ((place, technique_of(tag)) for place, tag in enumerate(tags))
    return [(place, identity) for place, identity in named if identity and identity not in techniques()]
