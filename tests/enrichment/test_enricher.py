from __future__ import annotations

from typing import Any

import pytest
from s3watch.alerts.alert import Assumed, Assumer, BucketFacts, Evidence
from s3watch.enrichment.enricher import Enricher
from s3watch.enrichment.sessions import Sessions
from s3watch.enrichment.source import Source
from s3watch.errors import RefusedError, UnavailableError

from tests.support.sample_alerts import OWNER, make_evidence
from tests.support.sensitive import NOW

DELETE = {"event_name": "DeleteObject", "operation": "delete", "act": "delete"}
PUT = {"event_name": "PutObject", "operation": "write", "act": "write"}


def nothing(_: str) -> tuple[str, ...]:
    return ()


def enrich(
    read: Any = lambda _: "enabled", tags: Any = nothing, sessions: Any = nothing, **facts: Any
) -> Evidence:
    versioning, tagged, history = (
        Source[Any, Any]("one of these", each, lambda *_: None) for each in (read, tags, sessions)
    )
    enricher = Enricher(versioning, tagged, ["hr-data"], Sessions(OWNER, history))
    return enricher(make_evidence(**facts), NOW)


@pytest.mark.parametrize(
    "facts",
    [DELETE, PUT, DELETE | {"event_name": "DeleteObjects", "scope": "prefix", "key": ""}],
    ids=["a delete", "an overwrite", "a batch delete without its keys"],
)
def test_what_may_lose_data_is_told_with_the_versioning_of_its_bucket(facts: dict[str, Any]):
    assert enrich(**facts) == make_evidence(**facts, bucket_facts=BucketFacts("enabled"))


@pytest.mark.parametrize(
    "facts",
    [
        {},
        DELETE | {"outcome": "denied"},
        DELETE | {"bucket": "elsewhere"},
        DELETE | {"version": "3sL4kqtJlcpXroDTDmJ"},
        DELETE | {"event_name": "DeleteBucket", "scope": "bucket", "key": ""},
        PUT | {"event_name": "UploadPart"},
    ],
    ids=["a read", "denied", "a bucket that is not watched", "a version", "the bucket", "a part"],
)
def test_of_anything_else_the_versioning_is_not_asked(facts: dict[str, Any]):
    asked = list[str]()
    evidence = enrich(asked.append, **facts)

    assert (evidence, asked) == (make_evidence(**facts), [])


def test_a_source_that_fails_leaves_the_evidence_with_the_reason():
    def refuse(_: str) -> str:
        raise RefusedError("S3: AccessDenied")

    assert enrich(refuse, **DELETE) == make_evidence(**DELETE, bucket_facts=BucketFacts(unread="refused"))


def test_whatever_was_done_is_told_with_the_tags_of_its_bucket():
    tags = ("data-classification=restricted",)

    assert enrich(tags=lambda _: tags) == make_evidence(bucket_facts=BucketFacts(tags=tags))
    assert enrich(tags=lambda _: tags, bucket="elsewhere") == make_evidence(bucket="elsewhere")


def test_tags_that_cannot_be_read_leave_their_row_out():
    def refuse(_: str) -> tuple[str, ...]:
        raise RefusedError("S3: AccessDenied")

    assert enrich(tags=refuse) == make_evidence()
    assert enrich(tags=refuse, **DELETE).bucket_facts == BucketFacts("enabled")


def test_what_is_away_for_the_one_is_not_waited_for_again():
    asked = list[str]()

    def time_out(_: str) -> str:
        raise UnavailableError("S3: read timeout")

    assert enrich(time_out, asked.append, **DELETE).bucket_facts == BucketFacts(unread="no answer")
    assert asked == []


def test_who_is_behind_a_role_is_told_also_of_a_bucket_that_is_not_watched():
    alice = Assumer("AssumeRole", actor="user/alice", principal="user/alice", principal_type="user")
    role = {"principal": "role/Analyst", "access_key": "ASIAEXAMPLE", "session_began": NOW - 900}

    for bucket in ("hr-data", "elsewhere"):
        found = enrich(sessions=lambda _: alice, bucket=bucket, **role)
        assert found == make_evidence(**role, bucket=bucket, assumed=Assumed((alice,)))


def test_what_a_bucket_said_is_not_asked_again_with_a_later_message():
    asked, told = list[str](), BucketFacts(tags=("owner=hr",))

    assert enrich(asked.append, asked.append, bucket_facts=told, **DELETE).bucket_facts == told
    assert asked == []


@pytest.mark.parametrize(
    ("unread", "told"),
    [
        ("not yet", "not found"),
        ("no answer", "not found"),
        ("busy", "not found"),
        ("decoys", "not found"),
        ("refused", "refused"),
        ("not found", "not found"),
    ],
    ids=str,
)
def test_who_was_not_known_yet_is_looked_up_for_the_next_message(unread: str, told: str):
    asked = list[Any]()
    role = {"principal": "role/Analyst", "access_key": "ASIAEXAMPLE", "session_began": NOW - 3600}
    found = enrich(sessions=asked.append, **role, assumed=Assumed(unread=unread))

    assert found.assumed == Assumed(unread=told)
    assert bool(asked) is Assumed(unread=unread).may_come
