"""Records, conditions and rule sets for laws: few names and many collisions, so that rules match often."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import strategies as st
from s3watch.ruleset import Condition, Detection, Expected, Label, Patterns, Ruleset

from tests.support.cloudtrail import ANONYMOUS, OTHER, make_record, make_resources, make_role, make_user

BUCKETS = ("hr-data", "HR-Data", "logs")
KEYS = ("payroll/q3.csv", "payroll/old/q1.csv", "Payroll/Q3.CSV", "a b+c%20d", "ΟΔΟΣ/Σ", "x")
NAMES = (
    "GetObject",
    "PutObject",
    "ListObjects",
    "DeleteObjects",
    "CopyObject",
    "PutBucketPolicy",
    "GetBucketAcl",
    "CreateAccessPoint",
    "ListBuckets",
)
AGENTS = ("[aws-cli/2.31.0]", "[S3Console/0.4]", 'curl/8 "quoted"', "", None)
IDENTITIES = (
    make_role(),
    make_role("payroll-app"),
    make_user("bob"),
    make_role(account=OTHER),
    make_role(mfaAuthenticated="true"),
    make_role("payroll-app", "i-0123") | {"invokedBy": "athena.amazonaws.com"},
    {"type": "AWSAccount", "accountId": OTHER, "invokedBy": "athena.amazonaws.com"},
    make_role() | {"invokedBy": "athena.amazonaws.com"},
    {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"},
    ANONYMOUS,
    None,
)
ADDRESSES = ("203.0.113.7", "198.51.100.4", "2001:db8::1", "config.amazonaws.com", None)
SEEN: dict[str, tuple[str, ...]] = {  # what the records hold there, so that comparisons come out both ways
    "eventName": NAMES,
    "eventSource": ("s3.amazonaws.com", "iam.amazonaws.com"),
    "eventType": ("AwsApiCall", "AwsServiceEvent"),
    "errorCode": ("AccessDenied", "NoSuchKey"),
    "errorMessage": ("Access Denied", ""),
    "userAgent": ("[aws-cli/2.31.0]", "curl", ""),
    "sourceIPAddress": ("203.0.113.7", "198.51.100.4"),
    "userIdentity": ('"type":"IAMUser"',),
    "userIdentity.type": ("AssumedRole", "IAMUser"),
    "userIdentity.sessionContext.sessionIssuer.userName": ("Analyst", "payroll-app"),
    "requestParameters": ('"prefix":', '"a":{"b":'),
    "requestParameters.bucketName": BUCKETS,
    "requestParameters.key": KEYS,
    "requestParameters.odd": ("true", "300", "7.5", "payroll", ""),
    "requestParameters.odd.a": ('{"b":"Σ"}', "1"),
    "requestParameters.x-amz-acl": ("public-read", "private"),
    "tlsDetails.tlsVersion": ("TLSv1.2",),
    "resources.ARN": ("arn:aws:s3:::logs", "arn:aws:s3:::hr-data/x"),
    "additionalEventData.SignatureVersion": ("SigV4", "SigV2"),
    "nonsense": ("x",),
    "s3.bucket": BUCKETS,
    "s3.key": KEYS,
    "s3.operation": ("read", "list", "write", "delete", "permission"),
    "s3.scope": ("object", "prefix", "bucket", "account"),
    "s3.outcome": ("success", "denied", "missing"),
    "s3.label": ("payroll", "old", "logs"),
    "s3.bucket_labels": ("payroll", "logs"),
    "s3.log_bucket": ("true", "false"),
    "s3.own_part": ("rule", "role"),
    "s3.expected": ("true", "false"),
    "s3.decoy": ("true", "false"),
    "s3.label_severity": ("high", "critical"),
    "s3.label_owner": ("hr@example.com",),
    "s3.principal": ("role/Analyst", "user/bob", "anonymous", "444455556666:role/Analyst"),
    "s3.principal_type": ("role", "user", "anonymous", "service"),
    "s3.caller_account": ("111122223333", OTHER),
    "s3.cross_account": ("true", "false"),
    "s3.signature": ("SigV4", "SigV2"),
    "s3.auth": ("header", "query", "none"),
    "s3.presigned": ("true", "false"),
    "s3.console": ("true", "false"),
    "s3.like_console": ("true", "false"),
    "s3.client": ("aws-cli", "console", "curl"),
    "s3.ip": ("203.0.113.7", "2001:db8::1"),
    "s3.country": ("US", "NL"),
    "s3.network_kind": ("ip", "aws-service", "unknown"),
    "s3.bytes_out": ("28441", "7"),
    "s3.mfa": ("false", "true"),
    "s3.calling_service": ("athena.amazonaws.com", "macie.amazonaws.com"),
    "s3.workload_role": ("ec2", "lambda"),
    "s3.peer_uri": ("s3://logs/x",),
    "s3.tls": ("1.2", "none"),
    "s3.grants_public": ("true", "false"),
    "s3.grants_public_write": ("true", "false"),
    "s3.grants_accounts": (OTHER, "AROAEXAMPLEEXAMPLE123"),
    "s3.grants_ids": ("AROAEXAMPLEEXAMPLE123",),
    "s3.kms_accounts": (OTHER,),
    "s3.unrecorded_buckets": ("hr-data",),
    "s3.unrecorded_changes": ("true", "false"),
    "s3.first_seen": ("true", "false"),
    "s3.new_network": ("true", "false"),
}
WORDS = (
    "payroll",
    "PAYROLL/",
    ".csv",
    "οδος",
    "Σ",
    "AccessDenied",
    "IAMUser",
    "curl",
    '"prefix":',
    "quoted",
    "1",
)

LEARNT = (
    "eventName",
    "s3.bucket",
    "requestParameters.bucketName",
    "s3.label",
    "s3.expected",
    "s3.decoy",
    "s3.key",
    "s3.scope",
    "s3.operation",
    "s3.presigned",
    "errorCode",
    "errorMessage",
    "s3.principal_type",
    "s3.tls",
    "s3.grants_public",
    "s3.grants_public_write",
    "s3.kms_accounts",
    "requestParameters.odd",
)

# LEARNT is what the matcher remembers of earlier records
fields = st.sampled_from(sorted(SEEN)) | st.sampled_from(LEARNT)
values = st.sampled_from(WORDS)
flags = st.sampled_from([("true",), ("false",)])
GLOBS = ("*", "pay*", "*csv", "*/q?.csv", "p*l/*.*", "?", r"\*", "Get*", "*Σ*")
EXPRESSIONS = ("^payroll/", "(?i)Q[0-9]", "Object$", "a b", "(a|b)+c")
NETWORKS = ("203.0.113.0/24", "198.51.100.4/32", "2001:db8::/32")


def _leaf(op: str, **members: Any) -> st.SearchStrategy[Condition]:
    return st.builds(Condition, op=st.just(op), cased=st.booleans(), **members)


def _some(texts: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(texts), min_size=1, max_size=2).map(tuple)


compared = fields.flatmap(lambda name: _leaf("eq", field=st.just(name), values=_some(SEEN[name])))
leaves = st.one_of(
    compared,
    compared,
    compared,
    fields.flatmap(
        lambda name: st.sampled_from(["prefix", "suffix", "contains"]).flatmap(
            lambda op: _leaf(op, field=st.just(name), values=_some((*SEEN[name], *WORDS)))
        )
    ),
    _leaf("keyword", values=_some(WORDS)),
    st.sampled_from(["exists", "bool"]).flatmap(lambda op: _leaf(op, field=fields, values=flags)),
    st.one_of(
        _leaf("glob", field=fields, values=_some(GLOBS)),
        _leaf("re", field=fields, values=_some(EXPRESSIONS)),
        _leaf("cidr", field=fields, values=_some(NETWORKS)),
        st.sampled_from(["null", "empty"]).flatmap(lambda op: _leaf(op, field=fields)),
        st.sampled_from(["lt", "lte", "gt", "gte", "number"]).flatmap(
            lambda op: _leaf(op, field=fields, number=st.sampled_from([0.0, 7.5, 300.0]))
        ),
        st.sampled_from(["same", "same-prefix", "same-suffix", "same-contains"]).flatmap(
            lambda op: _leaf(op, field=fields, values=st.tuples(fields))
        ),
    ),
)
conditions = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(Condition, op=st.just("and"), of=st.lists(parts, min_size=1, max_size=3).map(tuple)),
        st.builds(Condition, op=st.just("or"), of=st.lists(parts, min_size=1, max_size=3).map(tuple)),
        st.builds(Condition, op=st.just("not"), of=st.tuples(parts)),
    ),
    max_leaves=4,
)


def _detections(parts: list[Condition]) -> tuple[Detection, ...]:
    levels = ("low", "high", "medium")
    return tuple(
        Detection(f"rule-{number}", "A rule", levels[number % 3], part) for number, part in enumerate(parts)
    )


LABELS = (
    Label("payroll", "high", "hr@example.com", (Expected(("role/payroll-app",), ("read", "list")),)),
    Label("old", "low", "", (Expected(("role/*",), networks=("203.0.113.0/24",)),)),
    Label("logs", "critical", "", (Expected(("user/bob", "role/Analyst"), ("permission", "inspect")),)),
)
PATTERNS = (
    Patterns("hr-data", prefixes=(("payroll/", 0), ("payroll/old/", 1)), globs=(("*.CSV", 2),)),
    Patterns("logs", exact=(("x", 2),)),
)
DECOY = Label("bait", "critical", is_decoy=True)
BAIT = Patterns(
    "hr-data",
    exact=(("payroll/old/q1.csv", 3),),
    prefixes=(("Payroll/", 3), *PATTERNS[0].prefixes),
    globs=PATTERNS[0].globs,
)
CATALOGUES = ((LABELS, ()), (LABELS, PATTERNS), ((*LABELS, DECOY), (BAIT, PATTERNS[1])))
rulesets = st.builds(
    lambda parts, catalogue: Ruleset(
        labels=catalogue[0],
        patterns=catalogue[1],
        detections=_detections(parts),
        log_buckets=("logs",),
        stack="s3watch",
        accounts=(("111122223333", "hr-prod"),),
    ),
    st.lists(conditions, min_size=4, max_size=10),
    st.sampled_from(CATALOGUES),
)


KEYLESS = (
    "ListObjects",
    "DeleteObjects",
    "PutBucketPolicy",
    "GetBucketAcl",
    "CreateAccessPoint",
    "ListBuckets",
)
MEMBERS = ("eventName", "eventSource", "eventType", "userAgent", "requestParameters", "resources")
PUBLIC = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}
KMS_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
NOT_TEXT = (None, "", 5, {}, ["GetObject"], {"a": 1})  # instead of a name


def _record(
    bucket: str, key: str | None, name: Any, code: Any, odd: Any, changes: dict[str, Any]
) -> dict[str, Any]:
    request = {} if odd is None else {"odd": odd}
    if name == "ListObjects":
        request["prefix"] = (key or "")[:8] if key != "x" else ""
    if name == "CopyObject":
        request["x-amz-copy-source"] = "logs/x"
    plain = ({"errorCode": code} if code else {}) | changes
    key = None if name in KEYLESS else key
    return make_record(bucket=bucket, key=key, **{"eventName": name, "request": request} | plain)


odd_values = st.sampled_from(
    [
        None,
        True,
        False,
        1,
        7.5,
        "300",
        "TRUE",
        "",
        [],
        ["x", None, ["payroll"]],
        {"a": {"b": "Σ"}},
        [{"a": 1}],
    ]
)
records = st.builds(
    _record,
    st.just("hr-data") | st.sampled_from(BUCKETS),
    st.just("payroll/q3.csv") | st.sampled_from([*KEYS, None]),
    st.sampled_from(["GetObject", "ListObjects", "DeleteObjects"]) | st.sampled_from([*NAMES, *NOT_TEXT]),
    st.none() | st.sampled_from(["AccessDenied", "NoSuchKey", *NOT_TEXT]),
    st.none() | odd_values,
    st.fixed_dictionaries(
        {
            "userIdentity": st.sampled_from(IDENTITIES[:2]) | st.sampled_from(IDENTITIES),
            "sourceIPAddress": st.sampled_from(ADDRESSES),
            "userAgent": st.sampled_from([*AGENTS, *AGENTS, *NOT_TEXT]),
        },
        optional={
            "errorCode": st.sampled_from([None, "", "AccessDenied"]),
            "errorMessage": st.sampled_from([None, "", "Access Denied", {}]),
            "requestParameters": st.sampled_from(
                [
                    None,
                    {},
                    {"bucketName": ["hr-data"]},
                    {"bucketName": {"a": 1}},
                    {"bucketName": ""},
                    {"bucketName": 7.5},
                    {"bucketName": "hr-data", "key": ["x"]},
                    {"CreateAccessPointRequest": {"Bucket": "hr-data"}},
                    {"bucketName": "logs", "key": "x", "x-amz-copy-source": "hr-data/payroll/q3.csv"},
                    {"bucketName": "point-s3alias", "key": "payroll/q3.csv"},
                    "odd",
                    ["odd"],
                    *(
                        {"bucketName": "hr-data", "key": "payroll/q3.csv"} | more
                        for more in (
                            {"x-amz-acl": "public-read"},
                            {"X-Amz-Acl": ["private"]},
                            {"accessControlList": {"x-amz-grant-read": f'id="{OTHER}"'}},
                            {"x-amz-grant-read": f'id="{OTHER}"'},
                            {"Policy": json.dumps(PUBLIC)},
                            {"CreateAccessPointRequest": {"policy": PUBLIC}},
                            {"odd.a": 1},
                            {"odd": None},
                            {KMS_KEY: f"arn:aws:kms:eu-west-1:{OTHER}:key/1"},
                        )
                    ),
                ]
            ),
            "resources": st.sampled_from(
                [
                    None,
                    [],
                    make_resources("logs", "x"),
                    make_resources("hr-data", "payroll/q3.csv"),
                    make_resources("hr-data", "x", OTHER),
                    [{"ARNPrefix": "arn:aws:s3:::hr-data/payroll/old/"}],
                ]
            ),
            "additionalEventData": st.sampled_from(
                [
                    None,
                    {},
                    {"SignatureVersion": "SigV2"},
                    {"bytesTransferredOut": 7.5},
                    {"AuthenticationMethod": "QueryString"},
                    {"AuthenticationMethod": "Query"},
                ]
            ),
            "responseElements": st.sampled_from(
                [
                    {},
                    "odd",
                    {KMS_KEY.title(): f"arn:aws:kms:eu-west-1:{OTHER}:key/1"},
                    {"x-amz-version-id": None},
                ]
            ),
            "tlsDetails": st.sampled_from([None, {}, {"tlsVersion": "TLSv1.2"}, {"tlsVersion": ""}, "odd"]),
            "eventVersion": st.sampled_from(["1.07", "1.11"]),
            "eventSource": st.sampled_from(["iam.amazonaws.com", "s3express.amazonaws.com"]),
            "eventType": st.sampled_from([*["AwsServiceEvent"] * 6, *NOT_TEXT]),
            "without": st.sampled_from([(), (), (), (), *zip(MEMBERS, strict=True)]),
            "sessionCredentialFromConsole": st.just("true"),
        },
    ),
)


def crossed(documents: list[dict[str, Any]], random: Random, number: int) -> Iterator[dict[str, Any]]:
    """Records whose members are those of the documents, so that most differ little from an earlier one."""
    for _ in range(number):
        record = dict(random.choice(documents))
        for name in random.sample(sorted(record), k=2):
            other = random.choice(documents)
            record |= {name: other[name]} if name in other else {}
        yield record
