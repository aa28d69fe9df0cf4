"""Detection and review agree on the policies of known_policies.yaml, as AWS's documents have them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from s3watch.facts.extraction import extract
from s3watch.posture.bucket_state import AccessPoint
from s3watch.posture.exposure import evaluate
from s3watch.posture.grants import EVERYBODY
from s3watch.sources.cloudtrail import decode

from tests.support.bucket_states import OWNER, allow, make_policy, make_state
from tests.support.cloudtrail import as_bytes, make_record

KNOWN = yaml.load(
    Path(__file__).with_name("known_policies.yaml").read_text(encoding="utf-8"),
    yaml.CSafeLoader,  # the safe one in C: in Python it takes three seconds in each process of the tests
)
DELEGATES = allow(action="*", Condition={"StringEquals": {"s3:DataAccessPointAccount": OWNER}})
# Told as the service that acts for anyone, which an organization is a part of.
FOR_ANYONE = "a service, and a Deny of services that say another source"
each_policy = pytest.mark.parametrize("known", KNOWN, ids=[known["name"] for known in KNOWN])


def told(known):
    """What s3watch says: the verdict, or more where it is careful."""
    return {name: set(verbs) for name, verbs in known.get("told", known["outside"]).items()}


def is_access_points(known):
    return known.get("at") == "access point"


@each_policy
def test_a_review_tells_whom_a_policy_lets_in(known):
    state = make_state(*known["policy"])
    if is_access_points(known):
        state = make_state(DELEGATES, access_points=(AccessPoint("pay", make_policy(*known["policy"])),))
    found: dict[str, set[str]] = {}
    for grant in evaluate(state).grants:
        found.setdefault(grant.grantee, set()).add(grant.verb)

    assert found == told(known)


@each_policy
def test_a_detection_sees_whom_a_put_policy_lets_in(known):
    name, request = "PutBucketPolicy", {"bucketPolicy": {"Statement": known["policy"]}}
    if is_access_points(known):
        put = {"Policy": make_policy(*known["policy"])}
        name, request = "PutAccessPointPolicy", {"name": "pay", "PutAccessPointPolicyRequest": put}
    raw = as_bytes(make_record(eventName=name, request=request))
    access = extract(decode(raw), raw)[0]

    grantees = {EVERYBODY} if access.settings.grants_public else set()
    assert grantees | set(access.settings.grants_accounts) == set(told(known))


@each_policy
def test_no_less_is_told_than_the_verdict(known):
    names, verdict = set(told(known)), set(known["outside"])

    assert verdict <= names or EVERYBODY in names or known["name"] == FOR_ANYONE
