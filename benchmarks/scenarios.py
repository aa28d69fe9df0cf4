"""What is measured: rules, catalogue and records, in every language that has words for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from s3watch.ruleset import Detection, Ruleset, dump

from benchmarks import reference
from benchmarks.dialects import NotSayableError, to_custodian, to_eventbridge, to_facts, to_python
from benchmarks.engines import OURS, WAYS
from benchmarks.estate import make_catalogue
from benchmarks.events import to_bytes

PRELUDE = """import json, re
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network

def get(event, *names):
    for name in names:
        if not isinstance(event, dict):
            return None
        event = event.get(name)
    return event

def is_in_network(text, network):
    try:
        return ip_address(text) in ip_network(network)
    except ValueError:
        return False

"""


@dataclass(frozen=True)
class Scenario:
    """One set of rules on one set of records."""

    name: str
    events: list[dict[str, Any]]
    detections: list[Detection]  # on CloudTrail's own fields
    label_rules: tuple[Detection, ...] = ()
    entries: int = 0
    sample: int = 2000  # events whose matches are held against the reference
    engines: tuple[str, ...] = (OURS,)  # besides decoding alone

    @property
    def ruleset(self) -> Ruleset:
        """What our matcher loads: the same rules said by facts, and the catalogue with its own."""
        said = [msgspec.structs.replace(each, condition=to_facts(each.condition)) for each in self.detections]
        labels, patterns = make_catalogue(self.entries) if self.entries else ((), ())
        return Ruleset(labels=labels, patterns=patterns, detections=(*said, *self.label_rules))

    def expected(self) -> list[list[str]]:
        """What the plain reading of the rules finds in the first events."""
        ruleset = msgspec.structs.replace(self.ruleset, detections=(*self.detections, *self.label_rules))
        find = reference.matching if self.detections else reference.matching_by_facts
        return [find(ruleset, event) for event in self.events[: self.sample]]

    def write(self, folder: Path) -> dict[str, list[str]]:
        """Write everything the engines read; gives the rules that each language could say."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "records.ndjson").write_bytes(b"\n".join(to_bytes(self.events)))
        (folder / "rules.json").write_bytes(dump(self.ruleset))
        python = self._say(lambda each: to_python(each.rule.replace("-", "_"), each.condition))
        (folder / "functions.py").write_text(PRELUDE + "\n".join(python.values()))
        (folder / "functions.json").write_text(json.dumps(list(python)))
        custodian = self._say(lambda each: to_custodian(each.condition))
        (folder / "custodian.json").write_text(json.dumps(custodian))
        eventbridge = self._say(lambda each: to_eventbridge(each.condition))
        (folder / "eventbridge.json").write_text(json.dumps(eventbridge))
        ours = [each.rule for each in self.ruleset.detections]
        return dict.fromkeys((OURS, *WAYS), ours) | {
            "plain Python functions": list(python),
            "Cloud Custodian event filters": list(custodian),
            "moto EventBridge patterns": list(eventbridge),
        }

    def _say[T](self, say: Callable[[Detection], T]) -> dict[str, T]:
        said: dict[str, T] = {}
        for each in self.detections:
            try:
                said[each.rule] = say(each)
            except NotSayableError:
                continue
        return said
