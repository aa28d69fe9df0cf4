"""The compiled rules and their file format: `s3watch compile` writes rules.json, every function loads it.

This is the contract between the compiler, which knows YAML and Sigma, and the library, which knows neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from s3watch.correlation import Correlation
from s3watch.errors import RulesUnusableError

FORMAT = 5  # incremented when the meaning of rules.json changes; functions refuse any other format

Severity = Literal["informational", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("informational", "low", "medium", "high", "critical")
_RANKS = {severity: number for number, severity in enumerate(SEVERITIES)}

Operator = Literal[
    "and", "or", "not",  # over `of`
    "eq", "prefix", "suffix", "contains", "glob",  # text: `values`, folded to lower case unless `cased`
    "re",  # RE2 patterns in `values`, inline flags such as (?i) in the pattern itself
    "cidr",  # networks in `values`
    "exists",  # values ["true"] or ["false"]; a member that is null exists, a fact that is null does not
    "null",  # the field is absent or null
    "empty",  # the field is the empty text
    "lt", "lte", "gt", "gte", "number",  # `number`; `number` is equality with a number
    "bool",  # values ["true"] or ["false"]: JSON booleans and the texts CloudTrail writes for them
    "same", "same-prefix", "same-suffix", "same-contains",  # `field` against the field named in `values`
    "keyword",  # `values` anywhere in the compact JSON of the whole record
]  # fmt: skip


def rank(severity: Severity) -> int:
    """Return the position of a severity, from 0 for informational upwards."""
    return _RANKS[severity]


class Condition(Struct, frozen=True, omit_defaults=True, gc=False):
    """One node of a detection's condition tree; it holds if any of its `values` matches."""

    op: Operator
    of: tuple[Condition, ...] = ()
    field: str = ""
    values: tuple[str, ...] = ()
    number: float = 0
    cased: bool = False


When = Literal[
    "credentials",  # the caller used credentials of the bucket owner's account, which can be revoked
    "root",  # the caller is the root user of that account
    "link",  # a presigned URL was used: whoever has it is the caller, and not its signer
    "other-account",  # the caller is of another account than the bucket
    "anonymous",  # the caller had no credentials
    "service",  # the caller is an AWS service
    "keys-unknown",  # a batch delete whose record does not name its objects
]
# Of whom each alert has one, or none of them
CALLERS: tuple[When, ...] = ("credentials", "root", "link", "other-account", "anonymous", "service")


class Step(Struct, frozen=True, omit_defaults=True, gc=False):
    """One line of advice, which holds always, or only for alerts of which `when` is true.

    Where it is known whether what was deleted or replaced can be restored, another text may take its place.
    """

    do: str
    when: When | Literal[""] = ""
    kept: str = ""  # instead, if the bucket keeps it as a version
    lost: str = ""  # instead, if the bucket does not


class Detection(Struct, frozen=True, omit_defaults=True, gc=False):
    """One compiled Sigma rule; the condition of a correlation is never true of a single access."""

    rule: str  # the file's name without extension, such as `unexpected-read`
    title: str
    level: Severity
    condition: Condition
    fields: tuple[str, ...] = ()  # every field that the condition reads
    id: str = ""  # the Sigma id, a UUID
    why: str = ""  # the Sigma description
    false_positives: tuple[str, ...] = ()
    respond: tuple[Step, ...] = ()  # what to do, at most three lines for any alert
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    correlation: Correlation | None = None
    is_signal: bool = False  # it feeds correlations, and alerts nobody by itself
    whole: Condition | None = None  # with what it asks of earlier accesses, which `condition` leaves out


class Expected(Struct, frozen=True, omit_defaults=True, gc=False):
    """One expectation of a catalogue entry: which principals may do what, from which networks."""

    principals: tuple[str, ...]  # normal forms (see facts/identity.py), `*` and `?` allowed, case-sensitive
    operations: tuple[str, ...] = ()  # s3.operation values; empty is any
    networks: tuple[str, ...] = ()  # vpce-..., CIDR, or a network kind; empty is anywhere


class Label(Struct, frozen=True, omit_defaults=True, gc=False):
    """One catalogue entry: a kind of sensitive data, who owns it and who is expected to use it.

    A decoy is there to be touched by intruders: it is critical, and expects nobody.
    """

    name: str
    severity: Severity = "medium"
    owner: str = ""
    expected: tuple[Expected, ...] = ()  # empty: nobody is expected
    is_decoy: bool = False


def most_severe(labels: Sequence[Label]) -> Label | None:
    """Return the first decoy, else the first of the most severe labels; None if there is none."""
    if len(labels) == 1:
        return labels[0]
    for label in labels:
        if label.is_decoy:
            return label
    for severity in reversed(SEVERITIES):  # max() by rank takes several times as long: a bucket may have many
        for label in labels:
            if label.severity == severity:
                return label
    return None


class Patterns(Struct, frozen=True, omit_defaults=True, gc=False):
    """The patterns over the keys of one bucket, each with its label as an index into Ruleset.labels."""

    bucket: str
    exact: tuple[tuple[str, int], ...] = ()  # (key without wildcards, label)
    prefixes: tuple[tuple[str, int], ...] = ()  # (literal prefix, label), sorted; "" is the whole bucket
    globs: tuple[tuple[str, int], ...] = ()  # (pattern over the key, label), case-sensitive, `*` crosses `/`


class RuleException(Struct, frozen=True, omit_defaults=True, gc=False):
    """One exception: silences a detection for certain actors or objects until a date."""

    rule: str  # a detection's name
    owner: str
    reason: str
    until: str  # ISO date; the first day on which it no longer applies
    actors: tuple[str, ...] = ()  # principals or verified actors, `*` and `?` allowed; empty is any
    objects: tuple[str, ...] = ()  # s3:// patterns as in the catalogue; empty is any


class Staged(Struct, frozen=True, omit_defaults=True, gc=False):
    """One detection on trial: its hits are counted and feed correlations, and alert nobody."""

    rule: str  # a detection's name
    since: str  # ISO date
    owner: str
    until: str = ""  # ISO date; the first day on which it alerts like any other; empty: until it is promoted


class Deployed(Struct, frozen=True, omit_defaults=True, gc=False):
    """One deployment that the rules were compiled for, and the buckets that it watches."""

    region: str = ""  # empty: samconfig.toml does not say, so it may be any
    buckets: tuple[str, ...] = ()


class AwsRanges(Struct, frozen=True, omit_defaults=True, gc=False):
    """The address ranges of AWS, and what else counts as inside: first and last addresses as numbers.

    They are in order, and none touches another.
    """

    created: str  # when AWS published them, 2026-11-27-08-30-00 (UTC)
    ipv4: tuple[tuple[int, int], ...] = ()
    ipv6: tuple[tuple[int, int], ...] = ()


class Ruleset(Struct, frozen=True, omit_defaults=True, gc=False):
    """All compiled rules: the catalogue, the detections, the exceptions and what is on trial."""

    format: int = FORMAT
    buckets: tuple[str, ...] = ()  # the watched buckets, as the catalogue names them
    labels: tuple[Label, ...] = ()
    patterns: tuple[Patterns, ...] = ()
    wild: tuple[tuple[str, int], ...] = ()  # (s3:// pattern whose bucket has a wildcard, label)
    detections: tuple[Detection, ...] = ()
    exceptions: tuple[RuleException, ...] = ()
    staged: tuple[Staged, ...] = ()
    regions: tuple[tuple[str, str], ...] = ()  # (bucket, Region), where the catalogue names one
    deployments: tuple[Deployed, ...] = ()  # of all Regions; each gets the same rules
    aws_ranges: AwsRanges | None = None  # only if a detection asks whether a request came from outside AWS
    accounts: tuple[tuple[str, str], ...] = ()  # (id, what its people call it)
    account: str = ""  # of the catalogue's buckets, if it names one
    log_buckets: tuple[str, ...] = ()  # whose log files the deployment reads; rules.json names none
    stack: str = ""  # the name of the stack that evaluates them; rules.json names none
    watched: tuple[str, ...] = ()  # buckets that it watches, of all here; rules.json names none
    trail: tuple[str, str] = ("", "")  # account and name of the one that records them; rules.json names none
    systems: str = ""  # the path of a database of autonomous systems; rules.json names none
    digest: str = ""  # hash of the source files, shown in logs and alerts


class _StoredLabel(Struct, frozen=True, omit_defaults=True, gc=False):
    """A label as rules.json holds it: each expectation is stored once and referred to by index."""

    name: str
    severity: Severity = "medium"
    owner: str = ""
    expected: tuple[int, ...] = ()  # indexes into _Stored.expectations
    is_decoy: bool = False


class _Stored(Struct, frozen=True, omit_defaults=True, gc=False):
    format: int = FORMAT
    buckets: tuple[str, ...] = ()
    expectations: tuple[Expected, ...] = ()
    labels: tuple[_StoredLabel, ...] = ()
    patterns: tuple[Patterns, ...] = ()
    wild: tuple[tuple[str, int], ...] = ()
    detections: tuple[Detection, ...] = ()
    exceptions: tuple[RuleException, ...] = ()
    staged: tuple[Staged, ...] = ()
    regions: tuple[tuple[str, str], ...] = ()
    deployments: tuple[Deployed, ...] = ()
    aws_ranges: AwsRanges | None = None
    accounts: tuple[tuple[str, str], ...] = ()
    account: str = ""
    log_buckets: tuple[str, ...] = ()
    stack: str = ""
    watched: tuple[str, ...] = ()
    trail: tuple[str, str] = ("", "")
    systems: str = ""
    digest: str = ""


class _Format(Struct):
    format: int = FORMAT


_decoder = msgspec.json.Decoder(_Stored)
_format_decoder = msgspec.json.Decoder(_Format)


def dump(ruleset: Ruleset) -> bytes:
    """Serialize a rule set as rules.json; equal rules give equal bytes."""
    indexes: dict[Expected, int] = {}
    labels = tuple(
        _StoredLabel(
            label.name,
            label.severity,
            label.owner,
            tuple(indexes.setdefault(expected, len(indexes)) for expected in label.expected),
            label.is_decoy,
        )
        for label in ruleset.labels
    )
    members = {name: getattr(ruleset, name) for name in Ruleset.__struct_fields__ if name != "labels"}
    return msgspec.json.encode(_Stored(**members, labels=labels, expectations=tuple(indexes))) + b"\n"


def load(content: bytes) -> Ruleset:
    """Parse rules.json. Raises RulesUnusableError if it is damaged or of another format."""
    try:
        stored = _decoder.decode(content)
        labels = tuple(_label(label, stored.expectations) for label in stored.labels)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, IndexError) as error:
        _check_format(content)
        raise RulesUnusableError(
            f"rules.json cannot be read ({error}); build it again with `sam build`"
        ) from error
    if stored.format != FORMAT:
        raise _other_format(stored.format)
    members = {name: getattr(stored, name) for name in Ruleset.__struct_fields__ if name != "labels"}
    return Ruleset(**members, labels=labels)


def _check_format(content: bytes) -> None:
    """Refuse another format by its number, also where its content cannot be read as ours."""
    try:
        found = _format_decoder.decode(content).format
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if found != FORMAT:
        raise _other_format(found)


def _other_format(found: int) -> RulesUnusableError:
    return RulesUnusableError(
        f"rules.json has format {found}, this function reads {FORMAT}; deploy both again"
    )


def _label(label: _StoredLabel, expectations: tuple[Expected, ...]) -> Label:
    expected = tuple([expectations[index] for index in label.expected])
    return Label(label.name, label.severity, label.owner, expected, label.is_decoy)
