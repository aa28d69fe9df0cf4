"""Decides which detections can be answered: by what a feed carries, and by what the rules bring along."""

from __future__ import annotations

from s3watch.detection.conditions import fields_of, leaves
from s3watch.facts.fields import feeds_of
from s3watch.ruleset import Detection, Ruleset


def is_supported(detection: Detection, feed: str) -> bool:
    """Return whether a feed carries every field of a detection; a missing one could make `not` true."""
    return all(feed in feeds_of(field) for field in _fields(detection))


def find_answerable(ruleset: Ruleset) -> list[Detection]:
    """Return the detections, but not those that ask for AWS's ranges where the rules have none: as above."""
    return [each for each in ruleset.detections if ruleset.aws_ranges or not asks_for_ranges(each)]


def asks_for_ranges(detection: Detection) -> bool:
    """Return whether a detection asks if a request came from outside AWS."""
    return "s3.outside_aws" in _fields(detection)


def _fields(detection: Detection) -> set[str]:
    whole = detection.whole or detection.condition
    return {field for leaf in leaves(whole) for field in fields_of(leaf)}
