from __future__ import annotations

import pytest
from s3watch.facts.operations import S3_EVENTS, classify_event
from s3watch.sources.access_log_operations import is_encoded_twice, name_event

from tests.support.access_log_names import NAMES, OF_BUCKETS


@pytest.mark.parametrize(("operation", "name"), NAMES.items(), ids=NAMES.keys())
def test_an_operation_on_an_object_gets_cloudtrails_name(operation: str, name: str):
    assert name_event(operation, of_object=True) == name
    assert name in S3_EVENTS


@pytest.mark.parametrize(("operation", "name"), OF_BUCKETS.items(), ids=OF_BUCKETS.keys())
def test_an_operation_on_a_bucket_gets_cloudtrails_name(operation: str, name: str):
    assert name_event(operation, of_object=False) == name
    assert name in S3_EVENTS


@pytest.mark.parametrize(
    ("operation", "meaning"),
    [
        ("REST.GET.HOLOGRAM", ("inspect", "object")),
        ("REST.PUT.HOLOGRAM", ("configuration", "object")),
        ("REST.GET.OBJECT.HOLOGRAM", ("inspect", "object")),
        ("S3.COMPUTE.OBJECT.CHECKSUM", ("other", "object")),
        ("S3.TRANSITION_SIA.OBJECT", ("other", "object")),
        ("", ("other", "object")),
    ],
    ids=["read", "written", "in four parts", "computed", "moved by lifecycle", "nothing"],
)
def test_an_operation_that_is_not_in_the_table_is_named_by_its_verb(operation: str, meaning: tuple[str, str]):
    assert classify_event(name_event(operation, of_object=True), "s3.amazonaws.com", "b", "k") == meaning


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("S3.COMPUTE.OBJECT.CHECKSUM", "ComputeObjectChecksum"),
        ("REST.GET.OBJECT.HOLOGRAM", "GetObjectHologram"),
        ("REST.PUT.BUCKET.HOLOGRAM", "PutBucketHologram"),
        ("REST.GET.OBJECT_HOLOGRAM", "GetObjectHologram"),
        ("REST.GET.HOLOGRAM", "GetObjectHologram"),
        ("S3.TRANSITION_SIA.OBJECT", "TransitionSiaObject"),
    ],
    ids=str,
)
def test_any_name_has_words_and_no_dots(operation: str, name: str):
    assert name_event(operation, of_object=True) == name


@pytest.mark.parametrize(
    ("operation", "twice"),
    [
        ("REST.GET.OBJECT", True),
        ("WEBSITE.GET.OBJECT", True),
        ("BATCH.DELETE.OBJECT", False),
        ("S3.EXPIRE.OBJECT", False),
        ("S3.COMPUTE.OBJECT.CHECKSUM", False),
    ],
    ids=["request", "website", "batch", "lifecycle", "checksum"],
)
def test_keys_are_encoded_twice_if_they_were_in_a_url(operation: str, twice: bool):
    assert is_encoded_twice(operation) is twice
