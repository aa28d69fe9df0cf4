"""catalogue.yaml: what is sensitive, whose it is, and who is expected to touch it.

A list of entries, or a mapping of `account` (who owns the buckets), `sets` (of principals) and `objects`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import cast, get_args

from s3watch.facts.network import is_private
from s3watch.facts.operations import Operation
from s3watch.ruleset import SEVERITIES, Expected, Label, Patterns, Ruleset, Severity

from s3watch_cli.rules.diagnostics import Findings, RefusedError, write_instead
from s3watch_cli.rules.entries import Entry, entries
from s3watch_cli.rules.located_yaml import Document, Place
from s3watch_cli.rules.object_patterns import ObjectPattern, parse_pattern
from s3watch_cli.rules.principal_sets import Principals

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")  # it stands in subjects, attributes and group keys
ACCOUNT = re.compile(r"\d{12}")
VPC_ENDPOINT = re.compile(r"vpce-[0-9a-f]+")
OPERATIONS: tuple[str, ...] = get_args(Operation)
NETWORK_KINDS = ("ip", "vpce", "aws-service", "aws-internal")
DO: dict[str, tuple[str, ...]] = {word: (word,) for word in OPERATIONS}
DO["read"] = ("read", "list", "inspect")  # who may read an object may also find it
DO["any"] = ()


@dataclass(slots=True)
class Catalogue:
    """The catalogue as compiled: labels, and which objects carry them."""

    labels: list[Label] = field(default_factory=list)
    objects: list[tuple[ObjectPattern, int]] = field(default_factory=list)  # pattern, label's place
    lines: dict[str, int] = field(default_factory=dict)  # bucket: where it is first named
    slow: list[tuple[str, int]] = field(
        default_factory=list
    )  # patterns that are no literal prefix, with their lines
    account: str = ""  # the bucket owner's, if the catalogue says

    @property
    def buckets(self) -> tuple[str, ...]:
        """The buckets that are named in full."""
        return tuple(sorted({pattern.bucket for pattern, _ in self.objects if not pattern.wild}))

    @property
    def wild(self) -> tuple[tuple[str, int], ...]:
        """The patterns whose bucket is a pattern too."""
        return tuple((pattern.uri, place) for pattern, place in self.objects if pattern.wild)

    def add(self, label: Label, objects: Iterable[ObjectPattern]) -> None:
        """Add an entry."""
        self.objects += [(pattern, len(self.labels)) for pattern in objects]
        self.labels.append(label)

    def ruleset(self) -> Ruleset:
        """The catalogue's part of the compiled rules."""
        by_bucket: dict[str, list[tuple[ObjectPattern, int]]] = {bucket: [] for bucket in self.buckets}
        for pattern, place in self.objects:
            if not pattern.wild:
                by_bucket[pattern.bucket].append((pattern, place))
        return Ruleset(
            buckets=self.buckets,
            labels=tuple(self.labels),
            patterns=tuple(_sort_out(bucket, objects) for bucket, objects in by_bucket.items()),
            wild=self.wild,
        )


def _sort_out(bucket: str, objects: list[tuple[ObjectPattern, int]]) -> Patterns:
    """Part one bucket's patterns by how they are looked up."""
    exact, prefixes, globs = set(), set(), set()
    for pattern, place in objects:
        if pattern.exact is not None:
            exact.add((pattern.exact, place))
        elif pattern.prefix is not None:
            prefixes.add((pattern.prefix, place))
        else:
            globs.add((pattern.key, place))
    return Patterns(bucket, tuple(sorted(exact)), tuple(sorted(prefixes)), tuple(sorted(globs)))


def read_catalogue(document: Document, findings: Findings) -> Catalogue:
    """Read a catalogue; its mistakes go to `findings`."""
    top = Entry(document, findings, (), {"objects": document.value})
    listed = entries(document, findings, (), document.value) if not isinstance(document.value, dict) else None
    if listed is None:
        top = Entry(document, findings, (), document.value)
        top.know("account", "sets", "objects")
        listed = top.entries("objects")
    account = _account(top)
    principals = Principals(account)
    principals.read_sets(top)
    return _Reader(principals, Catalogue(account=account)).read(listed)


def _account(top: Entry) -> str:
    account = top.text("account")
    if account and not ACCOUNT.fullmatch(account):
        top.refuse(
            ("account",), f"`{account}` is no account id", 'write its twelve digits in quotes: "111122223333"'
        )
        return ""
    return account


@dataclass(slots=True)
class _Reader:
    principals: Principals
    catalogue: Catalogue
    named: dict[str, int] = field(default_factory=dict)

    def read(self, listed: list[Entry]) -> Catalogue:
        for entry in listed:
            self._read_entry(entry)
        return self.catalogue

    def _read_entry(self, entry: Entry) -> None:
        entry.know("name", "match", "severity", "owner", "expected")
        label = Label(
            name=self._name(entry),
            severity=_severity(entry),
            owner=entry.text("owner"),
            expected=tuple(self._expected(one) for one in entry.entries("expected")),
        )
        if "match" not in entry.value:
            entry.refuse((), "no `match`", "write `match: s3://bucket/prefix/*`")
        self.catalogue.add(label, dict.fromkeys(self._patterns(entry)))

    def _name(self, entry: Entry) -> str:
        name = entry.text("name", "write `name: what-it-is`")
        if name and not NAME.fullmatch(name):
            entry.refuse(
                ("name",), f"the name `{name}`", "use letters, digits, dots, hyphens and spaces, at most 64"
            )
        if name in self.named:
            entry.refuse(
                ("name",), f"a second entry `{name}`, after line {self.named[name]}", "give each its own name"
            )
        self.named.setdefault(name, entry.line("name"))
        return name

    def _patterns(self, entry: Entry) -> Iterator[ObjectPattern]:
        seen: set[ObjectPattern] = set()
        for where, text in entry.texts("match"):
            try:
                pattern = parse_pattern(text)
            except RefusedError as error:
                entry.refuse(where, error.what, error.instead)
                continue
            if pattern in seen:
                entry.doubt(where, f"`{text}` a second time", "leave it out")
            seen.add(pattern)
            self._note(pattern, entry, where, text)
            yield pattern

    def _note(self, pattern: ObjectPattern, entry: Entry, where: Place, text: str) -> None:
        """Remember where a bucket is named and which patterns are slow to look up."""
        if pattern.exact is not None and pattern.exact.endswith("/"):
            what = f"`{text}` names one object only, the folder's own"
            entry.doubt(where, what, f"write {text}* for what is in it")
        if pattern.wild or (pattern.exact is None and pattern.prefix is None):
            self.catalogue.slow.append((text, entry.line(*where)))
        self.catalogue.lines.setdefault(pattern.bucket, entry.line(*where))

    def _expected(self, entry: Entry) -> Expected:
        entry.know("principal", "principals", "do", "network")
        if not {"principal", "principals"} & entry.value.keys():
            entry.refuse((), "no `principal`", "write `principal: role/x`, or a list")
        if "do" not in entry.value:
            entry.refuse((), "no `do`", "write `do: read`, `do: [read, write]` or `do: any`")
        principals = self.principals.of(entry, "principal", "principals")
        return Expected(tuple(dict.fromkeys(principals)), _operations(entry), tuple(_networks(entry)))


def _severity(entry: Entry) -> Severity:
    severity = entry.text("severity") or "medium"
    if severity not in SEVERITIES:
        entry.refuse(("severity",), f"no severity `{severity}`", write_instead(severity, SEVERITIES))
    return cast("Severity", severity)


def _operations(entry: Entry) -> tuple[str, ...]:
    operations: list[str] = []
    words = list(entry.texts("do"))
    for where, word in words:
        if word not in DO:
            entry.refuse(where, f"no operation `{word}`", write_instead(word, DO))
        operations += DO.get(word, ())
    return () if any(word == "any" for _, word in words) else tuple(dict.fromkeys(operations))


def _network(text: str) -> str:
    network = ip_network(text)
    if is_private(str(network[0])) and is_private(str(network[-1])):
        raise ValueError("private addresses come by an endpoint, and every VPC may have them")
    return str(network)


def _networks(entry: Entry) -> Iterator[str]:
    for where, text in entry.texts("network"):
        try:
            special = VPC_ENDPOINT.fullmatch(text) or text in NETWORK_KINDS
            yield text if special else _network(text)
        except ValueError as error:
            mend = (
                f"write vpce-0a1b2c3d, a network such as 192.0.2.0/24, or one of {', '.join(NETWORK_KINDS)}"
            )
            entry.refuse(where, f"`{text}` is no network ({error})", mend)
