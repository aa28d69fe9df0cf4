from __future__ import annotations

from operator import attrgetter

import msgspec
import pytest
from s3watch.facts.access import Access
from s3watch.facts.fields import (
    FACTS,
    RECORD_MEMBERS,
    REQUEST_MEMBERS,
    SHARED_MEMBERS,
    STATEFUL,
    feeds_of,
)
from s3watch.sources.cloudtrail import Record, RequestParameters, decode

from tests.support.cloudtrail import as_bytes, make_record


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_is_an_attribute_of_an_access(name):
    raw = as_bytes(make_record())
    access, read = Access(decode(raw), raw), attrgetter(FACTS[name].attribute or name.removeprefix("s3."))

    assert read(access) == read(access)


@pytest.mark.parametrize("name", FACTS)
def test_cloudtrail_carries_every_fact(name):
    assert "cloudtrail" in FACTS[name].feeds


def test_what_is_known_of_earlier_accesses_is_a_fact_that_is_known_last():
    assert {name for name, fact in FACTS.items() if fact.attribute.startswith("earlier.")} == STATEFUL


@pytest.mark.parametrize(
    ("members", "struct", "prefix"),
    [(RECORD_MEMBERS, Record, ""), (REQUEST_MEMBERS, RequestParameters, "requestParameters.")],
    ids=["record", "parameters"],
)
def test_members_have_the_names_of_the_struct(members, struct, prefix):
    written = {field.name: prefix + field.encode_name for field in msgspec.structs.fields(struct)}
    assert {name: written[attribute] for name, attribute in members.items()} == {
        name: name for name in members
    }


def test_members_of_several_feeds_are_read_without_decoding_the_rest():
    assert SHARED_MEMBERS.keys() <= RECORD_MEMBERS.keys() | REQUEST_MEMBERS.keys()


@pytest.mark.parametrize("name", ["userIdentity.arn", "anything", "*"])
def test_all_other_members_are_in_cloudtrail_only(name):
    assert feeds_of(name) == {"cloudtrail"}
