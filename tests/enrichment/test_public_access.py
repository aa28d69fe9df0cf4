from __future__ import annotations

from typing import Any

import pytest
from s3watch.alerts.alert import BucketFacts, PublicAccess, Review
from s3watch.enrichment.public_access import MOST, PublicAccessEnricher, PublicSources
from s3watch.enrichment.source import Source
from s3watch.errors import RefusedError, UnavailableError
from s3watch.posture.bucket_state import BLOCK_ALL, Block

from tests.support.enrichment import ACCOUNT, LISTED_BY_ALL, PRIVATE
from tests.support.sample_alerts import OTHER, make_evidence
from tests.support.sensitive import NOW

ANONYMOUS = {
    "actor": "anonymous",
    "principal": "anonymous",
    "principal_type": "anonymous",
    "caller_account": "",
}
UPLOAD = {"event_name": "PutObject", "operation": "write", "act": "write"}
REFUSED, AWAY = RefusedError("S3: AccessDenied"), UnavailableError("S3: read timeout")
LISTS = "everyone may list (ACL)"
REACHES = "everyone may reach objects (bucket policy, which AWS calls public)"
NO_ACLS = Block(ignore_public_acls=True)
NO_POLICIES = Block(restrict_public_buckets=True)


class Bucket:
    """A bucket and its account, as S3 says that they are set, and which parts were asked for."""

    def __init__(self, **parts: Any) -> None:
        answers = {"block": Block(), "policy": False, "acl": PRIVATE, "account": Block()} | parts
        self.asked = list[str]()
        self.told = list[str]()
        sources = (
            Source(name, self.reading(name, answer), lambda name, _: self.told.append(name), most=MOST)
            for name, answer in answers.items()
        )
        self.enrich = PublicAccessEnricher(PublicSources(*sources), ACCOUNT, ["hr-data"])

    def reading(self, name: str, answer: Any) -> Any:
        def read(about: str) -> Any:
            self.asked.append(f"{name} of {about}")
            if isinstance(answer, Exception):
                raise answer
            return answer

        return read

    def said(self, **facts: Any) -> PublicAccess | None:
        enriched = self.enrich(make_evidence(**(ANONYMOUS | facts)), NOW).bucket_facts
        return enriched.public if enriched else None


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"policy": True}, PublicAccess("yes", (REACHES,))),
        ({"acl": LISTED_BY_ALL}, PublicAccess("yes", (LISTS,))),
        ({"policy": True, "acl": LISTED_BY_ALL}, PublicAccess("yes", (LISTS, REACHES))),
        ({"policy": True, "block": NO_ACLS}, PublicAccess("yes", (REACHES,))),
        ({"acl": LISTED_BY_ALL, "block": NO_POLICIES}, PublicAccess("yes", (LISTS,))),
        ({"policy": True, "acl": LISTED_BY_ALL, "block": NO_POLICIES}, PublicAccess("no")),
        ({"policy": True, "acl": LISTED_BY_ALL, "account": NO_ACLS}, PublicAccess("yes", (REACHES,))),
        ({"policy": True, "account": NO_POLICIES}, PublicAccess("no")),
        ({"policy": True, "acl": LISTED_BY_ALL, "account": BLOCK_ALL}, PublicAccess("no")),
        ({"policy": True, "acl": LISTED_BY_ALL, "block": BLOCK_ALL}, PublicAccess("no")),
        ({}, PublicAccess("no")),
    ],
    ids=[
        "a policy", "an ACL", "both", "a policy, ACLs blocked", "an ACL, policies blocked",
        "a public policy restricts the ACL too", "one held back by the account", "held back by the account",
        "both held back by the account", "closed", "neither",
    ],
)  # fmt: skip
def test_everyone_gets_in_by_policy_or_acl_unless_bucket_or_account_block_it(parts: Any, said: PublicAccess):
    assert Bucket(**parts).said() == said


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"policy": True, "acl": REFUSED}, PublicAccess("yes", (REACHES,))),
        ({"policy": REFUSED, "acl": LISTED_BY_ALL}, PublicAccess("yes", (LISTS,))),
        ({"policy": True, "account": REFUSED}, PublicAccess("perhaps", (REACHES,), "refused")),
        ({"acl": LISTED_BY_ALL, "block": REFUSED}, PublicAccess("perhaps", (LISTS,), "refused")),
        ({"policy": REFUSED}, PublicAccess("unknown", unread="refused")),
        ({"acl": REFUSED}, PublicAccess("unknown", unread="refused")),
        ({"block": REFUSED}, PublicAccess("unknown", unread="refused")),
        ({"policy": True, "acl": REFUSED, "account": NO_POLICIES}, PublicAccess("unknown", unread="refused")),
        ({"block": AWAY}, PublicAccess("unknown", unread="no answer")),
        ({"acl": KeyError("Grants")}, PublicAccess("unknown", unread="not understood")),
    ],
    ids=[
        "by policy, ACL refused", "by ACL, policy refused", "the account's block refused",
        "the bucket's block refused", "policy refused", "ACL refused", "block refused, nothing public",
        "ACL refused, policy held back", "away", "not understood",
    ],
)  # fmt: skip
def test_what_could_not_be_read_is_never_taken_for_closed(parts: Any, said: PublicAccess):
    assert Bucket(**parts).said() == said


@pytest.mark.parametrize(
    ("parts", "calls"),
    [
        ({"block": BLOCK_ALL}, ["block of hr-data"]),
        ({}, ["block of hr-data", "policy of hr-data", "acl of hr-data"]),
        (
            {"policy": True},
            ["block of hr-data", "policy of hr-data", "acl of hr-data", f"account of {ACCOUNT}"],
        ),
        ({"block": AWAY}, ["block of hr-data"]),
    ],
    ids=["closed", "not public", "public", "away"],
)
def test_no_more_is_asked_than_decides_it_and_nothing_twice_of_a_batch(parts: Any, calls: list[str]):
    bucket = Bucket(**parts)

    assert bucket.said() == bucket.said()
    assert bucket.asked == calls


@pytest.mark.parametrize(
    "facts",
    [ANONYMOUS, {"caller_account": OTHER, "principal_type": "role", "principal": f"{OTHER}:role/x"}, UPLOAD],
    ids=["anonymous", "another account", "an upload"],
)
def test_it_is_asked_where_it_changes_what_to_do(facts: dict[str, Any]):
    bucket = Bucket(policy=True)
    facts = bucket.enrich(make_evidence(**facts), NOW).bucket_facts

    assert facts == BucketFacts(public=PublicAccess("yes", (REACHES,)))


@pytest.mark.parametrize(
    "facts",
    [
        {},
        ANONYMOUS | {"outcome": "denied"},
        ANONYMOUS | {"bucket": "elsewhere"},
        ANONYMOUS | {"review": Review("opened", "to everyone")},
        {"principal": "service/x", "principal_type": "service", "caller_account": OTHER},
        {"operation": "write", "scope": "bucket"},
    ],
    ids=["a read by our own", "denied", "not watched", "reviewed", "a service", "a setting"],
)
def test_elsewhere_nothing_is_asked(facts: dict[str, Any]):
    bucket, evidence = Bucket(policy=True), make_evidence(**facts)

    assert (bucket.enrich(evidence, NOW), bucket.asked) == (evidence, [])


def test_what_else_is_known_of_the_bucket_stays():
    facts = BucketFacts("enabled", tags=("owner=hr",))
    enriched = Bucket().enrich(make_evidence(**UPLOAD, bucket_facts=facts), NOW)

    assert enriched.bucket_facts == BucketFacts("enabled", tags=("owner=hr",), public=PublicAccess("no"))


def test_s3_is_not_waited_for_again_where_it_was_away_before():
    bucket = Bucket(policy=True)
    enriched = bucket.enrich(make_evidence(**UPLOAD, bucket_facts=BucketFacts(unread="no answer")), NOW)

    assert enriched.bucket_facts == BucketFacts(
        unread="no answer", public=PublicAccess("unknown", unread="no answer")
    )
    assert bucket.asked == []


def test_of_another_accounts_bucket_our_account_cannot_say_what_is_blocked():
    bucket = Bucket(policy=True)

    assert bucket.said(bucket_account=OTHER) == PublicAccess("perhaps", (REACHES,), "refused")
    assert f"account of {ACCOUNT}" not in bucket.asked
