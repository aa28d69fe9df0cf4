from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from s3watch.posture.statements.coverage import find_uncovered
from s3watch.posture.statements.statement import read_statements

from tests.posture.test_policy_laws import CALLERS, conditions, statements
from tests.support.effort import effort_of
from tests.support.hostile_policies import HOSTILE
from tests.support.naive_policies import allows

BUCKET = "arn:aws:s3:::hr-data"
ALL = [BUCKET, f"{BUCKET}/*"]
ROLE = "arn:aws:iam::111122223333:role/payroll"
OTHER_ROLE = "arn:aws:iam::111122223333:role/backup"
DELETED = "AROADBQP57FF2AEXAMPLE"  # how S3 shows a role that is deleted


def deny(**changes: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ALL} | changes


def excepting(element: str, value: Any) -> dict[str, Any]:
    """A statement on all but what an element names."""
    return {name: each for name, each in deny().items() if name != element} | {f"Not{element}": value}


def when(operator: str, key: str, values: Any, **changes: Any) -> dict[str, Any]:
    return deny(Condition={operator: {key: values}}, **changes)


INSECURE = when("Bool", "aws:SecureTransport", "false", Sid="DenyInsecure")
INSECURE_IF = {"Condition": INSECURE["Condition"]}
NOT_FROM_VPC = when("StringNotEquals", "aws:SourceVpce", ["vpce-1", "vpce-2"])
NOT_IN_NETWORK = when("NotIpAddress", "aws:SourceIp", "10.0.0.0/16")
OLD_TLS = when("NumericLessThan", "s3:TlsVersion", "1.2")
NOT_BY_ROLE = when("ArnNotLike", "aws:PrincipalArn", ROLE)
DELETES = deny(Action=["s3:DeleteObject", "s3:DeleteObjectVersion"])


def lost(before: Any, now: Any, version: str = "2012-10-17") -> int:
    """How many statements of those before are gone."""
    kept, found = (
        read_statements({"Version": each_version, "Statement": each})
        for each_version, each in (("2012-10-17", before), (version, now))
    )
    return len(find_uncovered(kept, found))


SAME_OR_MORE = {
    "nothing changed": ([INSECURE], [INSECURE]),
    "another order": ([INSECURE, DELETES], [DELETES, INSECURE]),
    "another name": ([INSECURE], [INSECURE | {"Sid": "Tls"}]),
    "twice": ([INSECURE], [INSECURE, INSECURE]),
    "no list": ([INSECURE], INSECURE),
    "a list for a value": ([deny(Action="s3:Get*")], [deny(Action=["s3:Get*"])]),
    "case of an action": ([deny(Action="s3:GetObject")], [deny(Action="S3:getobject")]),
    "case of a key and operator": ([INSECURE], [when("bool", "AWS:securetransport", False)]),
    "everybody of AWS": ([INSECURE], [INSECURE | {"Principal": {"AWS": ["*"]}}]),
    "an account by its root user": (
        [deny(Principal={"AWS": "444455556666"})],
        [deny(Principal={"AWS": "arn:aws:iam::444455556666:root"})],
    ),
    "the account of a role": (
        [deny(Principal={"AWS": ROLE})], [deny(Principal={"AWS": "111122223333"})],
    ),
    "everybody for a role": ([deny(Principal={"AWS": ROLE})], [deny()]),
    "another role for one that is deleted": (
        [deny(Principal={"AWS": DELETED})],
        [deny(Principal={"AWS": ROLE})],
    ),
    "nothing for a role that is deleted": ([deny(Principal={"AWS": DELETED})], []),
    "without one of two roles that is deleted": (
        [deny(Principal={"AWS": [ROLE, DELETED]})],
        [deny(Principal={"AWS": ROLE})],
    ),
    "a deleted role that is excepted": (
        [excepting("Principal", {"AWS": [ROLE, OTHER_ROLE]})],
        [excepting("Principal", {"AWS": [ROLE, DELETED]})],
    ),
    "all resources by a star": ([INSECURE], [INSECURE | {"Resource": "*"}]),
    "all resources by their names": ([INSECURE | {"Resource": "*"}], [INSECURE]),
    "all resources by a prefix": ([INSECURE], [INSECURE | {"Resource": f"{BUCKET}*"}]),
    "all actions of S3 for all": ([deny(Action="*")], [deny(Action="s3:*")]),
    "more actions by a pattern": ([DELETES], [deny(Action="s3:Delete*")]),
    "split by actions": (
        [DELETES], [deny(Action="s3:DeleteObject"), deny(Action="s3:DeleteObjectVersion")],
    ),
    "split by resources": ([DELETES], [DELETES | {"Resource": each} for each in ALL]),
    "merged": ([deny(Action="s3:DeleteObject"), deny(Action="s3:DeleteObjectVersion")], [DELETES]),
    "no longer under a condition": ([INSECURE], [deny()]),
    "one endpoint fewer": ([NOT_FROM_VPC], [when("StringNotEquals", "aws:SourceVpce", "vpce-1")]),
    "an operator with wildcards, without one": (
        [NOT_FROM_VPC], [when("StringNotLike", "aws:SourceVpce", ["vpce-2", "vpce-1"])],
    ),
    "a negated condition, if the key exists": (
        [NOT_FROM_VPC], [when("StringNotEqualsIfExists", "aws:SourceVpce", ["vpce-1", "vpce-2"])],
    ),
    "also without the key": ([INSECURE], [when("BoolIfExists", "aws:SecureTransport", "false")]),
    "a smaller network": ([NOT_IN_NETWORK], [when("NotIpAddress", "aws:SourceIp", ["10.0.1.0/24"])]),
    "a newer version of TLS": ([OLD_TLS], [when("NumericLessThan", "s3:TlsVersion", "1.3")]),
    "a shorter age": (
        [when("NumericGreaterThan", "s3:signatureAge", 600000)],
        [when("NumericGreaterThan", "s3:signatureAge", "300000")],
    ),
    "fewer actions excepted": (
        [excepting("Action", ["s3:Get*", "s3:List*"])], [excepting("Action", "s3:GetObject")],
    ),
    "all but others": ([deny(Action="s3:DeleteObject")], [excepting("Action", "s3:Get*")]),
    "fewer objects excepted": (
        [excepting("Resource", f"{BUCKET}/public/*")], [excepting("Resource", f"{BUCKET}/public/a")],
    ),
    "nothing denied before": ([], [INSECURE]),
}  # fmt: skip


@pytest.mark.parametrize(("before", "now"), SAME_OR_MORE.values(), ids=SAME_OR_MORE)
def test_what_denies_the_same_or_more_loses_nothing(before, now):
    assert lost(before, now) == 0


LESS = {
    "gone": ([INSECURE, DELETES], [DELETES]),
    "all gone": ([INSECURE], []),
    "allowed instead": ([INSECURE], [INSECURE | {"Effect": "Allow"}]),
    "somebody for everybody": ([INSECURE], [INSECURE | {"Principal": {"AWS": ROLE}}]),
    "another role": ([deny(Principal={"AWS": ROLE})], [deny(Principal={"AWS": OTHER_ROLE})]),
    "a role that is deleted, perhaps another one": (
        [deny(Principal={"AWS": ROLE})],
        [deny(Principal={"AWS": DELETED})],
    ),
    "a role for its account": (
        [deny(Principal={"AWS": "111122223333"})], [deny(Principal={"AWS": ROLE})],
    ),
    "all services for everybody": ([INSECURE], [INSECURE | {"Principal": {"Service": "*"}}]),
    "one more role excepted": (
        [excepting("Principal", {"AWS": ROLE})], [excepting("Principal", {"AWS": [ROLE, OTHER_ROLE]})],
    ),
    "its role excepted": (
        [deny(Principal={"AWS": ROLE})], [excepting("Principal", {"AWS": ROLE})],
    ),
    "the account of its role excepted": (
        [deny(Principal={"AWS": ROLE})], [excepting("Principal", {"AWS": "111122223333"})],
    ),
    "a service excepted": (
        [INSECURE], [excepting("Principal", {"Service": "cloudfront.amazonaws.com"}) | INSECURE_IF],
    ),
    "an action fewer": ([DELETES], [deny(Action="s3:DeleteObject")]),
    "an action for a pattern": ([deny(Action="s3:Delete*")], [DELETES]),
    "all but that action": ([deny(Action="s3:DeleteObject")], [excepting("Action", "s3:Delete*")]),
    "one more action excepted": (
        [excepting("Action", "s3:Get*")], [excepting("Action", ["s3:Get*", "s3:PutObject"])],
    ),
    "what two statements except, together": (
        [excepting("Action", "s3:List*")],
        [excepting("Action", ["s3:List*", "s3:Get*"]), excepting("Action", ["s3:List*", "s3:GetObject"])],
    ),
    "only some objects": ([deny(Resource=f"{BUCKET}/*")], [deny(Resource=f"{BUCKET}/payroll/*")]),
    "only the objects": ([INSECURE], [INSECURE | {"Resource": f"{BUCKET}/*"}]),
    "a pattern that spares the bucket": ([INSECURE], [INSECURE | {"Resource": f"{BUCKET}?*"}]),
    "objects of one's own": (
        [deny(Resource=f"{BUCKET}/*")], [deny(Resource=f"{BUCKET}/${{aws:username}}/*")],
    ),
    "a variable taken for letters": (
        [deny(Resource=f"{BUCKET}/${{a}}")], [deny(Resource=f"{BUCKET}/????")],
    ),
    "objects of one's own excepted": (
        [deny(Resource=f"{BUCKET}/payroll/*")],
        [excepting("Resource", f"{BUCKET}/${{aws:username}}/*")],
    ),
    "split by actions, on fewer objects": (
        [DELETES],
        [deny(Action="s3:DeleteObject"), deny(Action="s3:DeleteObjectVersion", Resource=BUCKET)],
    ),
    "under a condition": ([deny()], [INSECURE]),
    "under one more condition": (
        [INSECURE],
        [deny(Condition={"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:userid": "x"}})],
    ),
    "another value": ([INSECURE], [when("Bool", "aws:SecureTransport", "true")]),
    "another key": ([NOT_FROM_VPC], [when("StringNotEquals", "aws:SourceVpc", ["vpce-1", "vpce-2"])]),
    "one endpoint more": (
        [NOT_FROM_VPC], [when("StringNotEquals", "aws:SourceVpce", ["vpce-1", "vpce-2", "vpce-3"])],
    ),
    "all endpoints": ([NOT_FROM_VPC], [when("StringNotLike", "aws:SourceVpce", "vpce-*")]),
    "a larger network": ([NOT_IN_NETWORK], [when("NotIpAddress", "aws:SourceIp", "10.0.0.0/8")]),
    "networks of another version": ([NOT_IN_NETWORK], [when("NotIpAddress", "aws:SourceIp", "::/0")]),
    "an older version of TLS": ([OLD_TLS], [when("NumericLessThan", "s3:TlsVersion", "1.1")]),
    "no version of TLS": ([OLD_TLS], [when("NumericLessThan", "s3:TlsVersion", "nan")]),
    "only with the key": (
        [when("BoolIfExists", "aws:MultiFactorAuthPresent", "false")],
        [when("Bool", "aws:MultiFactorAuthPresent", "false")],
    ),
    "for any of several values": (
        [NOT_FROM_VPC], [when("ForAnyValue:StringNotEquals", "aws:SourceVpce", ["vpce-1", "vpce-2"])],
    ),
    "roles of any path": (
        [NOT_BY_ROLE], [when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*")],
    ),
    "a star for parts of an ARN": (
        [when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/payroll")],
        [when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::1:2:role/payroll")],
    ),
    "a condition of no documented shape": ([INSECURE], [deny(Condition=["odd"])]),
}  # fmt: skip


@pytest.mark.parametrize(("before", "now"), LESS.values(), ids=LESS)
def test_what_denies_less_is_lost(before, now):
    assert lost(before, now) == 1


def test_a_variable_is_lost_with_the_version_that_knows_variables():
    own = [deny(Resource=f"{BUCKET}/${{aws:username}}/*")]

    assert [lost(own, own), lost(own, own, version="2008-10-17")] == [0, 1]


ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteBucket")
RESOURCES = (BUCKET, f"{BUCKET}/payroll/q3.csv", f"{BUCKET}/a")
EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


@st.composite
def denials(draw):
    """A Deny statement, some of them on all but what an element names."""
    statement = draw(statements("Deny"))
    element = draw(st.sampled_from(["Action", "Resource", "", "", ""]))
    return {f"Not{name}" if name == element else name: each for name, each in statement.items()}


@st.composite
def rewritten(draw):
    """Deny statements, and the same with one element changed: some deny less, some the same or more."""
    before = draw(st.lists(denials(), min_size=1, max_size=2))
    now = draw(st.lists(denials(), max_size=1))
    for each in before:
        element = draw(st.sampled_from(["Action", "Resource", "Principal", "Condition", "none"]))
        other = draw(denials())
        kept = {name: value for name, value in each.items() if name.removeprefix("Not") != element}
        taken = {name: value for name, value in other.items() if name.removeprefix("Not") == element}
        now.append(kept | taken)
        if element == "Condition" and "Condition" in each and draw(st.booleans()):
            now[-1]["Condition"] = each["Condition"] | draw(conditions())
    return before, now


@given(rewritten())
def test_what_was_denied_is_denied_unless_it_is_told_as_lost(policies):
    before, now = policies
    assume(not lost(before, now))
    for caller in CALLERS:
        for action in ACTIONS:
            for resource in RESOURCES:
                if allows([EVERYTHING, *now], caller, action, resource):
                    assert allows([EVERYTHING, *before], caller, action, resource), caller


# Just within what is compared
MANY_STATEMENTS = [deny(Action=f"s3:Get{number}", Resource="*") for number in range(150)]
MANY_NETWORKS = [when("NotIpAddress", "aws:SourceIp", [f"10.0.{n}.0/24" for n in range(250)], Resource="*")]
COMPARED = HOSTILE | {"many denials": MANY_STATEMENTS, "many networks": MANY_NETWORKS}


def test_a_list_of_many_networks_is_compared():
    fewer = when("NotIpAddress", "aws:SourceIp", [f"10.0.{n}.0/24" for n in range(249)])

    assert lost(MANY_NETWORKS, [fewer]) == 0


def as_denials(policy: list[dict[str, Any]], name: str) -> Any:
    return read_statements({"Statement": [each | {"Effect": "Deny", "Sid": name} for each in policy]})


@pytest.mark.parametrize("policy", COMPARED.values(), ids=COMPARED)
def test_two_hostile_policies_are_compared_in_bounded_time(policy):
    before = as_denials(policy, "Before")
    now = as_denials([each | {"Resource": "arn:aws:s3:::b/?"} for each in policy], "Now")

    assert effort_of(lambda: find_uncovered(before, now)) < 100  # of 1.5 ms
