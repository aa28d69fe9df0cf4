"""Matches records with detections: labels their accesses, narrows the rules down and tests the rest."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from msgspec import UNSET, Raw

from s3watch.detection.answerable import find_answerable, is_supported
from s3watch.detection.catalogue import BucketEntries, Catalogue, Labels
from s3watch.detection.index import dimensions
from s3watch.detection.index.key_index import Candidate
from s3watch.detection.index.tree import Node, Tree, is_narrowed
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.facts.lazy_property import lazy
from s3watch.facts.operations import COPIES, classify_event
from s3watch.facts.requests import access_grants
from s3watch.facts.resources import find_prefix, is_access_point, read_resources
from s3watch.ruleset import Detection, Ruleset, Severity, rank
from s3watch.sources.cloudtrail import NOTHING, Additional, Record, RequestParameters


@dataclass(frozen=True)
class Hit:
    """An access and the detections that match it, sorted by level from the highest, then by name."""

    access: Access
    detections: tuple[Detection, ...]

    @lazy
    def level(self) -> Severity:
        """The severity of the most severe detection."""
        return severity(self.access, self.detections[0])


@dataclass(frozen=True, slots=True)
class RuleFailure:
    """A detection that raised an error on a record; it is reported, and never counts as not matching."""

    rule: str
    event_id: str | None
    error: str


type Result = Hit | RuleFailure
type Rules = tuple[str, ...]  # the names of a hit's detections, in their order; () if there is no hit

MAX_NODES = 10_000  # rule sets need some hundreds; more means that somebody forges records
NODES_PER_DETECTION = 20
# Events on more than bucketName and key: on a copy's source, on what a nested member or the resources name
ELSEWHERE = {*COPIES, *access_grants.EVENTS, "DeleteObjects"}
ALWAYS, COUNTS = "always", "counts"  # of plan_report: nothing narrows the detection; it tests no record
NO_REQUEST, NO_ADDITIONAL = RequestParameters(), Additional()


def severity(access: Access, detection: Detection) -> Severity:
    """Return the severity of a detection's alert.

    A label raises the level only if the access succeeded, and to more than the names of objects.
    """
    level, of_label = detection.level, access.label_severity
    if of_label is None or access.outcome != "success" or access.operation == "list":
        return level
    return max(level, of_label, key=rank)


@dataclass(frozen=True, slots=True)  # its members are read in a quarter of a named tuple's time
class KnownBucket:
    """What is remembered about a bucket: its catalogue entries, and the node that it leads to."""

    entries: BucketEntries
    node: Node


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """What is remembered about a kind of event: its class, its meaning, how to find its labels."""

    number: int  # of the class
    operation: str
    scope: str
    find_labels: LabelFinder
    label_key: Callable[[Labels], Hashable]


class Matcher:
    """Matches records with compiled rules."""

    def __init__(self, ruleset: Ruleset, zone: tzinfo = UTC) -> None:
        self.catalogue = Catalogue(ruleset)
        self._detections = sorted(find_answerable(ruleset), key=lambda each: (-rank(each.level), each.rule))
        self._by_rule = {each.rule: each for each in self._detections}
        self._labels, self._zone = ruleset.labels, zone
        self._reset()

    def _reset(self) -> None:
        self._trees: dict[str, Tree] = {}
        self._known_buckets: dict[str | None, KnownBucket] = {}
        self._known_events: dict[tuple[Any, ...], KnownEvent] = {}
        self._tree = self._tree_for("cloudtrail")
        self._label_key = dimensions.label_key(self._supported("cloudtrail"), self._labels)
        self._label_classes = self._tree.classes[dimensions.AT_LABELS].by_key

    def match(self, record: Record, raw: bytes | Raw) -> Sequence[Result]:  # noqa: C901  # calls would take longer
        """Return a hit for each access that matches, and a failure for each detection that raised.

        Most records end in the lookups below: what they have in common with earlier ones is remembered, and
        if no rule is left, no Access is even created. What the lookups do not know takes the slow path, and
        is remembered if it follows from the keys of the lookups alone.
        """
        request, added = record.request or NO_REQUEST, record.additional or NO_ADDITIONAL
        bucket = request.bucket
        if record.event_name in ELSEWHERE or (not bucket and record.resources is not NOTHING):
            return self._match_extracted(record, raw)
        try:
            known = self._known_buckets[bucket]
            entries, node = known.entries, known.node
            if not node.remaining:
                return ()
            event = self._known_events[
                record.event_name, record.error_code, record.error_message is UNSET, record.event_source,
                record.event_type, added.signature, added.authentication, not bucket, not request.key,
            ]  # fmt: skip
            node = node.children[event.number]
            if not node.remaining:
                return ()
            if event.scope == "object":
                labels = entries.of_object(request.key or "")
            else:
                labels = event.find_labels(entries, record, request)
            node = node.children[self._label_classes[event.label_key(labels)]]
            if node.key_screen and bucket and request.key and not node.key_screen.of(request.key):
                return ()
            if node.next_by_preview:
                identity = b"" + record.identity  # copies in two thirds of the time of bytes()
                node = self._tree.follow(node, (
                    record, raw, bucket or None, event.operation, labels,
                    record.source_ip, record.user_agent, identity,
                ))  # fmt: skip
        except KeyError:
            return self._match_extracted(record, raw)
        if not node.remaining or not (candidates := self._tree.candidates(node, bucket and request.key)):
            return ()
        access = Access(record, raw, zone=self._zone)
        access.bucket, access.operation, access.scope = bucket or None, event.operation, event.scope
        access.labels = labels if event.scope != "bucket" else ()
        self.catalogue.label_bucket(access, entries)
        if node.next_by_preview:  # and its class was not known yet
            candidates = self._tree.candidates(self._tree.descend(node, access), bucket and request.key)
        return _test(access, candidates)

    def recall(self, record: Record, raw: bytes | Raw, rules: Rules) -> Sequence[Result]:
        """Return the hit of a record whose detections are known (see rules_of), without testing any."""
        if not rules:
            return ()
        (access,) = extract(record, raw, zone=self._zone)
        self.catalogue.label(access)
        return (Hit(access, tuple(self._by_rule[rule] for rule in rules)),)

    def match_access(self, access: Access) -> Sequence[Result]:
        """Match one access, of any feed."""
        self.catalogue.label(access)
        tree = self._tree_for(access.feed)
        return _test(access, tree.candidates(tree.descend(tree.root, access)))

    def _match_extracted(self, record: Record, raw: bytes | Raw) -> Sequence[Result]:
        results: list[Result] = []
        for access in extract(record, raw, zone=self._zone):
            results += self.match_access(access)
            self._remember(access)
        return results

    def _tree_for(self, feed: str) -> Tree:
        if feed not in self._trees:
            supported = self._supported(feed)
            self._trees[feed] = Tree(supported, dimensions.make(supported, self._labels))
        return self._trees[feed]

    def _supported(self, feed: str) -> list[Detection]:
        return [each for each in self._detections if is_supported(each, feed)]

    def _remember(self, access: Access) -> None:
        """Remember what lets the next record of this kind take the fast path.

        Only what follows from the keys of the lookups: the request has to say the same about bucket,
        operation and scope as the access, which also knows what the resources name.
        """
        record, tree = access.record, self._tree_for(access.feed)
        request, added = record.request or NO_REQUEST, record.additional or NO_ADDITIONAL
        limit = MAX_NODES + NODES_PER_DETECTION * len(self._detections)
        if max(tree.size, len(self._known_buckets), len(self._known_events)) > limit:
            self._reset()
            return
        bucket = request.bucket
        if tree is not self._tree or not _follows_from_request(access, request):
            return
        self._known_buckets[bucket] = KnownBucket(
            self.catalogue.for_bucket(bucket), tree.child(tree.root, access)
        )
        if find_labels := _label_finder(record, request):
            number = tree.classes[dimensions.AT_EVENT].of(access)
            label_key = dimensions.of_bucket if access.scope == "bucket" else self._label_key
            self._known_events[
                record.event_name, record.error_code, record.error_message is UNSET, record.event_source,
                record.event_type, added.signature, added.authentication, not bucket, not request.key,
            ] = KnownEvent(number, access.operation, access.scope, find_labels, label_key)  # fmt: skip


def _follows_from_request(access: Access, request: RequestParameters) -> bool:
    """Return whether a request alone determines the bucket, the operation and the scope of its access."""
    record, bucket, key = access.record, request.bucket or None, request.key or None
    if record.event_name in ELSEWHERE or (
        is_access_point(bucket) if bucket else record.resources is not NOTHING
    ):
        return False
    said = classify_event(record.event_name, record.event_source, bucket, key)
    return (access.bucket, access.operation, access.scope) == (bucket, *said)


def _test(access: Access, candidates: Iterable[Candidate]) -> list[Result]:
    matched: list[Detection] = []
    results: list[Result] = []
    for each in candidates:
        try:
            if each.test is None or each.test(access):
                matched.append(each.detection)
        except Exception as error:  # noqa: BLE001  # any error is reported, and does not hide other detections
            reason = f"{type(error).__name__}: {error}"
            results.append(RuleFailure(each.detection.rule, access.record.event_id, reason))
    if matched:
        results.append(Hit(access, tuple(matched)))
    return results


def rules_of(record: Record, results: Sequence[Result]) -> Rules | None:
    """Return the detections that a record matches, for `recall`; None if their names do not say all."""
    if not results:
        return ()
    hit = results[0]
    if len(results) > 1 or isinstance(hit, RuleFailure) or record.event_name in COPIES:
        return None
    return tuple(each.rule for each in hit.detections)


def plan_report(ruleset: Ruleset) -> dict[str, str]:
    """Name for each detection the dimension that narrows it first; ALWAYS: it is tested on every record.

    `s3watch compile` shows it, since it is what a rule costs. A correlation COUNTS what others find.
    """
    every = dimensions.make(ruleset.detections, ruleset.labels)
    return {
        each.rule: COUNTS
        if each.correlation
        else next((d.name for d in every if is_narrowed(each.condition, d)), ALWAYS)
        for each in ruleset.detections
    }


type LabelFinder = Callable[[BucketEntries, Record, RequestParameters], Labels]


def _label_finder(record: Record, request: RequestParameters) -> LabelFinder | None:
    """Return how to find the labels of an event, if not of an object; None if not by its request alone."""
    bucket = request.bucket or None
    _, scope = classify_event(record.event_name, record.event_source, bucket, request.key or None)
    if scope == "prefix":
        return _labels_of_listed
    named = classify_event(record.event_name, record.event_source, bucket, "what the resources name")
    if not request.key and named[1] != scope:
        return None
    return _labels_of_bucket if scope == "bucket" else _no_labels


def _labels_of_listed(entries: BucketEntries, record: Record, request: RequestParameters) -> Labels:
    return entries.of_prefix(request.prefix or find_prefix(read_resources(record.resources)) or "")


def _labels_of_bucket(entries: BucketEntries, _record: Record, _request: RequestParameters) -> Labels:
    return entries.all


def _no_labels(_entries: BucketEntries, _record: Record, _request: RequestParameters) -> Labels:
    return ()
