"""Reads catalogue.yaml: which objects are sensitive, who owns them, and who is expected to access them.

It is a list of entries, or a mapping of `account` (the bucket owner), `accounts` (what people call these),
`sets` (of principals) and `objects`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import cast, get_args

from msgspec.structs import replace
from s3watch.facts.network import is_private
from s3watch.facts.operations import Operation
from s3watch.ruleset import SEVERITIES, Expected, Label, Patterns, Ruleset, Severity

from s3watch_cli.rules.diagnostics import Diagnostics, InvalidInputError, suggest
from s3watch_cli.rules.entries import Entry, entries
from s3watch_cli.rules.located_yaml import Document, Place
from s3watch_cli.rules.object_patterns import ObjectPattern, parse_pattern, refuse_log_bucket
from s3watch_cli.rules.principal_sets import Principals, read_account, read_accounts
from s3watch_cli.rules.regions import REGION, doubt

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")  # it is used in subjects, attributes and group keys
VPC_ENDPOINT = re.compile(r"vpce-[0-9a-f]+")
OPERATIONS: tuple[str, ...] = get_args(Operation)
NETWORK_KINDS = ("ip", "vpce", "aws-service", "aws-internal")
ANYWHERE = "anywhere"  # says that no network was left out by oversight
# A role that a program uses: not one of IAM Identity Center's, of a service, or any role there is
WORKLOAD = re.compile(r"(?:[\d*]+:)?role/(?!(?:not-sso/)?AWSReservedSSO_|AWSServiceRoleFor|\*+$).+")
DO: dict[str, tuple[str, ...]] = {word: (word,) for word in OPERATIONS}
DO["read"] = ("read", "list", "inspect")  # whoever may read an object may also find it
DO["any"] = ()


@dataclass(slots=True)
class Catalogue:
    """The compiled catalogue: labels, and the patterns of the objects that carry them."""

    labels: list[Label] = field(default_factory=list)
    objects: list[tuple[ObjectPattern, int]] = field(default_factory=list)  # pattern, index of its label
    lines: dict[str, int] = field(default_factory=dict)  # bucket: line of its first pattern
    regions: dict[str, str] = field(default_factory=dict)  # bucket: its Region, where an entry names one
    # Patterns that are not literal prefixes, with their lines
    slow: list[tuple[str, int]] = field(default_factory=list)
    account: str = ""  # account ID of the bucket owner, empty if not given
    accounts: tuple[tuple[str, str], ...] = ()  # IDs and names, sorted
    names_networks: bool = False  # whether any expectation is limited to a network
    maybe_folders: dict[str, int] = field(default_factory=dict)  # patterns of one object: their lines
    unlimited: dict[str, int] = field(default_factory=dict)  # roles of programs that none limits: their lines
    decoys: dict[str, int] = field(default_factory=dict)  # their names: the lines that say so

    @property
    def buckets(self) -> tuple[str, ...]:
        """The buckets that are named without wildcards, sorted."""
        return tuple(sorted({pattern.bucket for pattern, _ in self.objects if not pattern.wild}))

    @property
    def wild(self) -> tuple[tuple[str, int], ...]:
        """The patterns whose bucket has wildcards, with the index of their label."""
        return tuple((pattern.uri, place) for pattern, place in self.objects if pattern.wild)

    def add(self, label: Label, objects: Iterable[ObjectPattern]) -> None:
        """Add a label and the objects that carry it."""
        self.objects += [(pattern, len(self.labels)) for pattern in objects]
        self.labels.append(label)

    def ruleset(self) -> Ruleset:
        """Return the catalogue's part of the compiled rules."""
        by_bucket: dict[str, list[tuple[ObjectPattern, int]]] = {bucket: [] for bucket in self.buckets}
        for pattern, place in self.objects:
            if not pattern.wild:
                by_bucket[pattern.bucket].append((pattern, place))
        return Ruleset(
            buckets=self.buckets,
            labels=tuple(self.labels),
            patterns=tuple(_sort_out(bucket, objects) for bucket, objects in by_bucket.items()),
            wild=self.wild,
            regions=tuple(sorted(self.regions.items())),
            accounts=self.accounts,
            account=self.account,
        )


def _sort_out(bucket: str, objects: list[tuple[ObjectPattern, int]]) -> Patterns:
    """Sort the patterns of one bucket by how they are looked up: exact keys, prefixes, globs."""
    exact, prefixes, globs = set(), set(), set()
    for pattern, place in objects:
        if pattern.exact is not None:
            exact.add((pattern.exact, place))
        elif pattern.prefix is not None:
            prefixes.add((pattern.prefix, place))
        else:
            globs.add((pattern.key, place))
    return Patterns(bucket, tuple(sorted(exact)), tuple(sorted(prefixes)), tuple(sorted(globs)))


def read_catalogue(document: Document, diagnostics: Diagnostics) -> Catalogue:
    """Read a catalogue; mistakes go to `diagnostics`."""
    top = Entry(document, diagnostics, (), {"objects": document.value})
    listed = (
        entries(document, diagnostics, (), document.value) if not isinstance(document.value, dict) else None
    )
    if listed is None:
        top = Entry(document, diagnostics, (), document.value)
        top.check_keys("account", "accounts", "sets", "objects")
        listed = top.entries("objects")
    account = read_account(top)
    principals = Principals(account)
    principals.read_sets(top)
    return _Reader(principals, Catalogue(account=account, accounts=read_accounts(top))).read(listed)


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
        entry.check_keys("name", "match", "region", "severity", "owner", "expected", "decoy")
        label = Label(
            name=self._name(entry),
            severity=_severity(entry),
            owner=entry.text("owner"),
            expected=tuple(self._expected(one) for one in entry.entries("expected")),
        )
        if _is_decoy(entry):
            label = _as_decoy(entry, label)
            self.catalogue.decoys[label.name] = entry.line("decoy")
        if "match" not in entry.value:
            entry.refuse((), "no `match`", "write `match: s3://bucket/prefix/*`")
        patterns = dict.fromkeys(self._patterns(entry))
        self._note_region(entry, patterns)
        self.catalogue.add(label, patterns)

    def _note_region(self, entry: Entry, patterns: Iterable[ObjectPattern]) -> None:
        """Note the Region of the entry's buckets; a bucket is in one."""
        region = entry.text("region")
        if region and not REGION.fullmatch(region):
            entry.refuse(("region",), f"`{region}` is not a Region", "write one such as eu-west-1")
            return
        odd, instead = doubt(region) if region else ("", "")
        if odd:
            entry.warn(("region",), odd, instead)
        for bucket in dict.fromkeys(pattern.bucket for pattern in patterns if region and not pattern.wild):
            known = self.catalogue.regions.setdefault(bucket, region)
            if known != region:
                what = f"the bucket `{bucket}` is in {known} by another entry"
                entry.refuse(("region",), what, f"write {known}, or correct the other entry")

    def _name(self, entry: Entry) -> str:
        name = entry.text("name", "write `name: what-it-is`")
        if name and not NAME.fullmatch(name):
            entry.refuse(
                ("name",), f"invalid name `{name}`", "use letters, digits, spaces and ._-, at most 64"
            )
        if name in self.named:
            entry.refuse(
                ("name",),
                f"duplicate name `{name}`, first used on line {self.named[name]}",
                "give each entry its own",
            )
        self.named.setdefault(name, entry.line("name"))
        return name

    def _patterns(self, entry: Entry) -> Iterator[ObjectPattern]:
        seen: set[ObjectPattern] = set()
        for where, text in entry.texts("match"):
            try:
                pattern = parse_pattern(text)
                refuse_log_bucket(pattern)
            except InvalidInputError as error:
                entry.refuse(where, error.what, error.instead)
                continue
            if pattern in seen:
                entry.warn(where, f"duplicate pattern `{text}`", "remove it")
            seen.add(pattern)
            self._note(pattern, entry, where, text)
            yield pattern

    def _note(self, pattern: ObjectPattern, entry: Entry, where: Place, text: str) -> None:
        """Note where a bucket is first named and which patterns are slow to look up."""
        if pattern.exact is not None and pattern.exact.endswith("/"):
            what = f"`{text}` matches only the folder object itself"
            entry.warn(where, what, f"write {text}* for the objects in the folder")
        elif pattern.exact is not None and "." not in pattern.exact.rpartition("/")[2]:
            self.catalogue.maybe_folders[text] = entry.line(*where)
        if pattern.wild or (pattern.exact is None and pattern.prefix is None):
            self.catalogue.slow.append((text, entry.line(*where)))
        self.catalogue.lines.setdefault(pattern.bucket, entry.line(*where))

    def _expected(self, entry: Entry) -> Expected:
        entry.check_keys("principal", "principals", "do", "network")
        if not {"principal", "principals"} & entry.value.keys():
            entry.refuse((), "no `principal`", "write `principal: role/x`, or a list")
        if "do" not in entry.value:
            entry.refuse((), "no `do`", "write `do: read`, `do: [read, write]` or `do: any`")
        principals = tuple(dict.fromkeys(self.principals.of(entry, "principal", "principals")))
        self._note_networks(entry, principals)
        return Expected(principals, _operations(entry), tuple(_networks(entry)))

    def _note_networks(self, entry: Entry, principals: Iterable[str]) -> None:
        """Note the roles of programs for which no network is named, and whether the catalogue names any."""
        if "network" in entry.value:
            self.catalogue.names_networks |= entry.value["network"] != ANYWHERE
            return
        for principal in filter(WORKLOAD.fullmatch, principals):
            self.catalogue.unlimited.setdefault(principal, entry.line())


def _severity(entry: Entry) -> Severity:
    severity = entry.text("severity") or "medium"
    if severity not in SEVERITIES:
        entry.refuse(("severity",), f"unknown severity `{severity}`", suggest(severity, SEVERITIES))
    return cast("Severity", severity)


def _is_decoy(entry: Entry) -> bool:
    decoy = entry.value.get("decoy", False)
    if not isinstance(decoy, bool):
        entry.refuse(("decoy",), "`decoy` is neither true nor false", "write `decoy: true`")
    return decoy is True


def _as_decoy(entry: Entry, label: Label) -> Label:
    """Return the label of a decoy, whatever else the entry says: it is critical, and expects nobody."""
    if "severity" in entry.value and label.severity != "critical":
        what = f"`severity: {label.severity}` changes nothing: a decoy is critical"
        entry.warn(("severity",), what, "remove it")
    if "expected" in entry.value:
        what = "`expected` changes nothing: nobody is expected to touch a decoy"
        entry.warn(("expected",), what, "remove it, and write an exception for whoever has to touch it")
    return replace(label, severity="critical", expected=(), is_decoy=True)


def _operations(entry: Entry) -> tuple[str, ...]:
    operations: list[str] = []
    words = list(entry.texts("do"))
    for where, word in words:
        if word not in DO:
            entry.refuse(where, f"unknown operation `{word}`", suggest(word, DO))
        operations += DO.get(word, ())
    return () if any(word == "any" for _, word in words) else tuple(dict.fromkeys(operations))


def _network(text: str) -> str:
    network = ip_network(text)
    if is_private(str(network[0])) and is_private(str(network[-1])):
        raise ValueError("private addresses arrive through a VPC endpoint and are not unique")
    return str(network)


def _networks(entry: Entry) -> Iterator[str]:
    if entry.value.get("network") == ANYWHERE:
        return
    for where, text in entry.texts("network"):
        try:
            special = VPC_ENDPOINT.fullmatch(text) or text in NETWORK_KINDS
            yield text if special else _network(text)
        except ValueError as error:
            instead = (
                f"write vpce-0a1b2c3d, a network such as 192.0.2.0/24, one of {', '.join(NETWORK_KINDS)},"
                f" or only {ANYWHERE}"
            )
            entry.refuse(where, f"`{text}` is not a network ({error})", instead)
