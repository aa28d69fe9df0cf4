"""Which detections match an access: it is labelled first, then what is left of the rules is tested."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, NamedTuple

from msgspec import Raw

from s3watch.detection.catalogue import Catalogue, Labels, Shelf
from s3watch.detection.conditions import fields_of, leaves
from s3watch.detection.index import dimensions
from s3watch.detection.index.key_index import Candidate
from s3watch.detection.index.tree import Node, Tree, is_narrowed
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.facts.fields import feeds_of
from s3watch.facts.operations import COPIES, interpret
from s3watch.facts.resources import find_key, find_prefix, read_resources, stands_for_bucket
from s3watch.ruleset import SEVERITIES, Detection, Ruleset, Severity
from s3watch.sources.cloudtrail import NOTHING, Additional, Record, RequestParameters


@dataclass(frozen=True, slots=True)
class Hit:
    """An access and the detections that it matched, by level from the highest, then by name."""

    access: Access
    detections: tuple[Detection, ...]

    @property
    def level(self) -> Severity:
        """The severity of the gravest detection."""
        return severity(self.access, self.detections[0])


@dataclass(frozen=True, slots=True)
class RuleFailure:
    """A detection that could not be tested on a record: a mistake of the rule's or ours, never a miss."""

    rule: str
    event_id: str | None
    error: str


type Result = Hit | RuleFailure

MOST_NODES = 10_000  # a rule set needs some hundred and each detection a few; beyond, somebody plays with us
NODES_EACH = 20
ALWAYS = "always"  # of plan_report: nothing narrows the detection
NO_REQUEST, NOT_ADDED = RequestParameters(), Additional()


def severity(access: Access, detection: Detection) -> Severity:
    """Give the level of a detection's alert: a label raises it only where the access succeeded."""
    if access.outcome != "success":
        return detection.level
    levels: tuple[Any, ...] = (detection.level, access.label_severity or detection.level)
    return max(levels, key=SEVERITIES.index)


class Place(NamedTuple):
    """What is remembered of a bucket: its part of the catalogue, and the node it leads to."""

    shelf: Shelf
    node: Node


class Happening(NamedTuple):
    """What is remembered of what happened: its class, its meaning, how to find its object's labels."""

    number: int
    operation: str
    scope: str
    find_labels: LabelFinder


class Matcher:
    """Judges records by compiled rules."""

    def __init__(self, ruleset: Ruleset, zone: tzinfo = UTC) -> None:
        self.catalogue = Catalogue(ruleset)
        self._detections = sorted(
            ruleset.detections, key=lambda each: (-SEVERITIES.index(each.level), each.rule)
        )
        self._zone = zone
        self._forget()

    def _forget(self) -> None:
        self._trees: dict[str, Tree] = {}
        self._places: dict[str | None, Place] = {}
        self._happenings: dict[tuple[Any, ...], Happening] = {}
        self._trail = self._tree("cloudtrail")
        self._label_classes = self._trail.classes[dimensions.AT_LABELS].by_key

    def match(self, record: Record, raw: bytes | Raw) -> Sequence[Result]:
        """Give a hit for each access of a record that matches, and a failure for each detection that raised.

        Most records end in the look-ups below: what they have in common with earlier ones is remembered,
        and where no rule is left not even an access is drawn. What the look-ups do not know goes the long
        way, and is learnt.
        """
        request, added = record.request or NO_REQUEST, record.additional or NOT_ADDED
        bucket = request.bucket or None
        if bucket is None and record.resources is not NOTHING:  # which may name the bucket
            return self._match_drawn(record, raw)
        try:
            shelf, node = self._places[bucket]
            if not node.opens:
                return ()
            happening = self._happenings[
                record.event_name, record.error_code, record.event_source, record.event_type,
                added.signature, added.authentication, bucket is None, not request.key,
            ]  # fmt: skip
            node = node.children[happening.number]
            if not node.opens:
                return ()
            labels = happening.find_labels(shelf, record, request)
            node = node.children[self._label_classes[id(labels)]]
            if node.told_by_glimpse:
                node = self._trail.go_on(node, (record, raw, bucket, happening.operation, labels or ()))
        except KeyError:
            return self._match_drawn(record, raw)
        if not node.opens or not (candidates := self._trail.candidates(node, bucket and request.key)):
            return ()
        access = Access(record, raw, zone=self._zone)
        access.bucket, access.operation, access.scope = bucket, happening.operation, happening.scope
        access.labels, access.bucket_labels = labels or (), shelf.all
        if node.told_by_glimpse:  # whose answer was not known
            candidates = self._trail.candidates(self._trail.last(node, access), bucket and request.key)
        return _test(access, candidates)

    def match_access(self, access: Access) -> Sequence[Result]:
        """Judge one access, of any feed."""
        self.catalogue.label(access)
        tree = self._tree(access.feed)
        return _test(access, tree.candidates(tree.last(tree.root, access)))

    def _match_drawn(self, record: Record, raw: bytes | Raw) -> Sequence[Result]:
        results: list[Result] = []
        for access in extract(record, raw, zone=self._zone):
            results += self.match_access(access)
            self._learn(access)
        return results

    def _tree(self, feed: str) -> Tree:
        if feed not in self._trees:
            able = [each for each in self._detections if is_possible(each, feed)]
            self._trees[feed] = Tree(able, dimensions.make(able))
        return self._trees[feed]

    def _learn(self, access: Access) -> None:
        """Remember what lets the next record of this kind go the short way; only what is certain."""
        tree, record, request = self._tree(access.feed), access.record, access.record.request or NO_REQUEST
        added, bucket = record.additional or NOT_ADDED, request.bucket or None
        most = MOST_NODES + NODES_EACH * len(self._detections)
        if max(tree.size, len(self._places), len(self._happenings)) > most:
            self._forget()
            return
        if tree is not self._trail or record.event_name in COPIES or not _is_settled(record, bucket):
            return
        self._places[bucket] = Place(self.catalogue.shelf(bucket), tree.child(tree.root, access))
        if find_labels := _label_finder(record, request):
            number = tree.classes[dimensions.AT_EVENT].of(access)
            self._happenings[
                record.event_name, record.error_code, record.event_source, record.event_type,
                added.signature, added.authentication, bucket is None, not request.key,
            ] = Happening(number, access.operation, access.scope, find_labels)  # fmt: skip


def _is_settled(record: Record, bucket: str | None) -> bool:
    """Tell whether a record's bucket is the one its request names, whatever else is in the record."""
    return record.resources is NOTHING if bucket is None else not stands_for_bucket(bucket)


def _test(access: Access, candidates: Iterable[Candidate]) -> list[Result]:
    matched: list[Detection] = []
    results: list[Result] = []
    for _, detection, test, _ in candidates:
        try:
            if test is None or test(access):
                matched.append(detection)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is reported and hides no other detection
            told = f"{type(error).__name__}: {error}"
            results.append(RuleFailure(detection.rule, access.record.event_id, told))
    if matched:
        results.append(Hit(access, tuple(matched)))
    return results


def plan_report(ruleset: Ruleset) -> dict[str, str]:
    """Name for each detection the dimension that narrows it first; ALWAYS: it is tested on every record.

    `s3watch compile` shows it, since it is what a rule costs.
    """
    every = dimensions.make(ruleset.detections)
    return {
        each.rule: next((d.name for d in every if is_narrowed(each.condition, d)), ALWAYS)
        for each in ruleset.detections
    }


def is_possible(detection: Detection, feed: str) -> bool:
    """Tell whether a feed carries all that a detection reads; what it lacks would make it true by absence."""
    fields = {field for leaf in leaves(detection.condition) for field in fields_of(leaf)}
    return all(feed in feeds_of(field) for field in fields)


type LabelFinder = Callable[[Shelf, Record, RequestParameters], Labels | None]


def _label_finder(record: Record, request: RequestParameters) -> LabelFinder | None:
    """Say how an event's labels are found; None where the request does not settle what it is aimed at."""
    bucket = request.bucket or None
    operation, scope = interpret(record.event_name, record.event_source, bucket, request.key or None)
    if scope == "object":
        return _labels_of_object
    if scope == "prefix":
        return _labels_of_deleted if operation == "delete" else _labels_of_listed
    named = interpret(record.event_name, record.event_source, bucket, "what the resources name")
    return _no_labels if request.key or named[1] == scope else None


def _labels_of_object(shelf: Shelf, _record: Record, request: RequestParameters) -> Labels:
    return shelf.of_object(request.key or "")


def _labels_of_listed(shelf: Shelf, record: Record, request: RequestParameters) -> Labels:
    return shelf.of_prefix(request.prefix or find_prefix(read_resources(record.resources)) or "")


def _labels_of_deleted(shelf: Shelf, record: Record, request: RequestParameters) -> Labels | None:
    """Give what a batch delete could have deleted; None where the resources name an object."""
    found = read_resources(record.resources)
    return None if find_key(found) else shelf.of_prefix(request.prefix or find_prefix(found) or "")


def _no_labels(_shelf: Shelf, _record: Record, _request: RequestParameters) -> Labels:
    return ()
