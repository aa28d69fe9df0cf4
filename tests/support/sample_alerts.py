"""Alerts for tests of what people receive: builders, and one alert for every kind of story."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from hypothesis import strategies as st
from msgspec import Struct, structs
from s3watch.alerts.alert import (
    Alert,
    Assumed,
    Assumer,
    BucketFacts,
    Correlated,
    Evidence,
    Judgement,
    Kind,
    News,
    PublicAccess,
    PublicState,
    Review,
    Snooze,
    Verdict,
    Versioning,
)
from s3watch.correlation import Correlation, CorrelationType
from s3watch.earlier import Earlier
from s3watch.enrichment.sessions import STEPS
from s3watch.facts.acts import Act
from s3watch.facts.identity import ClaimSource
from s3watch.findings import finding
from s3watch.ruleset import SEVERITIES, Condition, Detection, Severity, Step, When

OWNER = "111122223333"
OTHER = "444455556666"
TIME = 1795162443.0  # 2026-11-20 08:14:03 UTC


def make_detection(rule: str, title: str, **changes: Any) -> Detection:
    return Detection(
        **{"rule": rule, "title": title, "level": "high", "condition": Condition("exists")} | changes
    )


DETECTIONS = {
    detection.rule: detection
    for detection in (
        make_detection(
            "unexpected-read",
            "Sensitive object read by someone who is not expected",
            id="6f1e5a2c-0d4b-4b0e-9c55-1f2f6f0f7a01",
            why="The catalogue says who reads these objects, and this principal is not among them.",
            respond=(
                Step("Ask the person, or the role's owner, about this read.", "credentials"),
                Step("If it was not theirs: revoke the session or key.", "credentials"),
                Step("List what else was read in that hour."),
            ),
            references=(
                "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html",
            ),
            tags=("attack.collection", "attack.t1530"),
            fields=("s3.expected",),
        ),
        make_detection(
            "presigned-by-unapproved",
            "Presigned URL made by a principal that is not approved",
            fields=("s3.expected",),
        ),
        make_detection("denied-access", "Access to a sensitive object was denied", level="medium"),
        make_detection(
            "decoy-touched",
            "Decoy touched",
            level="critical",
            respond=(
                Step("Take the credentials for stolen: revoke the session or key first.", "credentials"),
                Step("List what else came from this caller and address in that hour."),
            ),
            fields=("s3.decoy",),
        ),
        make_detection(
            "workload-credentials-elsewhere",
            "Credentials of a workload used outside AWS",
            respond=(
                Step("Take the credentials for stolen: revoke the role's active sessions.", "credentials"),
                Step("Isolate the workload, and find how they left it.", "credentials"),
            ),
        ),
        make_detection(
            "many-deleted",
            "Many sensitive objects deleted by one caller",
            level="critical",
            respond=(
                Step("Stop it now: revoke the caller's sessions or disable its key.", "credentials"),
                Step("Restore the objects: remove the delete markers, or use a backup."),
            ),
            correlation=Correlation(
                "value_count", ("unexpected-delete",), 3600, 25, ("s3.principal",), "s3.key"
            ),
        ),
        make_detection("anonymous-access", "Sensitive object reached without credentials", level="critical"),
        make_detection(
            "batch-delete",
            "Batch delete in a bucket that holds sensitive objects",
            respond=(
                Step("Stop the caller: revoke its sessions or disable its key.", "credentials"),
                Step("Find out which objects: search the logs by request id.", "keys-unknown"),
                Step("Restore the objects: remove the delete markers, or use a backup."),
            ),
        ),
        make_detection(
            "public-bucket", "A bucket policy or ACL opens a bucket to everyone", level="critical"
        ),
        make_detection("bucket-shared", "A bucket is opened to another account"),
        make_detection(
            "trail-stopped",
            "The trail that this watch depends on was stopped, deleted or narrowed",
            level="critical",
            respond=(
                Step("Start the trail again: aws cloudtrail start-logging --name NAME"),
                Step("Nothing is recorded while it is stopped: read the access logs for that time."),
                Step("If it was not planned: treat the credentials as stolen.", "credentials"),
            ),
            tags=("attack.defense_evasion", "attack.t1562.008"),
        ),
        make_detection(
            "foreign-account", "Sensitive object reached from another account", fields=("s3.expected",)
        ),
        make_detection(
            "overwritten",
            "Sensitive object overwritten by someone who is not expected",
            fields=("s3.expected",),
        ),
    )
}


def make_evidence(**changes: Any) -> Evidence:
    facts = {
        "time": TIME, "event_id": "3e5a9c70-1b2d-4f68-8a91-c0d4e7f21b36", "request_id": "K8R4TZ0QX6M2V9WB",
        "event_name": "GetObject", "event_source": "s3.amazonaws.com",
        "operation": "read", "scope": "object", "outcome": "success", "region": "eu-west-1",
        "bucket": "hr-data", "key": "payroll/2026/q3.csv",
        "actor": "alice@example.com", "actor_verified": "principal" not in changes,
        "principal": "role/AWSReservedSSO_Analyst_0123456789abcdef",
        "principal_type": "role", "caller_account": OWNER, "bucket_account": OWNER,
        "arn": f"arn:aws:sts::{OWNER}:assumed-role/AWSReservedSSO_Analyst_0123456789abcdef/alice@example.com",
        "network_kind": "ip", "ip": "203.0.113.7", "client": "aws-cli 2.31",
        "user_agent": "[aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux]",
        "act": "read", "tls": "1.3", "auth": "header", "signature": "SigV4", "bytes_out": 230_000_000,
        "expected": False, "expected_principals": ("role/payroll-app", "role/backup"),
    } | changes  # fmt: skip
    return Evidence(**facts)


def make_alert(evidence: Evidence | None = None, **changes: Any) -> Alert:
    evidence = evidence or make_evidence()
    facts = {
        "id": "01KAG3Z5B0M4YQ8ZJ1T6W9XH2V", "kind": "first", "sequence": 1, "level": "high",
        "rule": "unexpected-read", "rules": ("unexpected-read",),
        "actor": evidence.actor, "principal": evidence.principal, "account": evidence.bucket_account,
        "region": evidence.region, "label": "payroll", "owner": "hr-security@example.com",
        "bucket": evidence.bucket, "outcome": evidence.outcome, "evidence": evidence,
        "count": 1, "exact": True, "acts": ((evidence.act, changes.get("count", 1)),),
        "labels": ("payroll",), "first": evidence.time, "last": evidence.time,
        "window_end": 1795176000.0,
        "keys": (evidence.key,) if evidence.key else (), "distinct_keys": 1 if evidence.key else 0,
        "ips": (evidence.ip,) if evidence.ip else (), "distinct_ips": 1 if evidence.ip else 0,
        "bytes_in": evidence.bytes_in or 0, "bytes_out": evidence.bytes_out or 0,
    } | changes  # fmt: skip
    return Alert(**facts)


def _many(kind: str, sequence: int, evidence: Evidence | None = None, **changes: Any) -> Alert:
    facts = {
        "count": 1204, "last": TIME + 3571, "distinct_keys": 57, "bytes_out": 12_345_678_901,
        "keys": tuple(f"payroll/2026/q{quarter}.csv" for quarter in range(1, 9)),
        "ips": ("203.0.113.7", "198.51.100.20", "2001:db8::17"), "distinct_ips": 3,
    } | changes  # fmt: skip
    return make_alert(evidence, kind=kind, sequence=sequence, **facts)


def _several(*acts: tuple[str, int], **changes: Any) -> dict[str, Any]:
    """The facts of an alert with these accesses, the gravest act first."""
    return {"acts": acts, "count": sum(number for _, number in acts)} | changes


_PRESIGNED = make_evidence(
    auth="query",
    presigned=True,
    presigned_until=TIME + 7 * 86400 - 243,
    network_kind="ip",
    client="curl 8.9",
    user_agent="[curl/8.9.1]",
)
_DECOY = make_evidence(  # read by an application that is expected to read everything around it
    key="payroll/2026/passwords.csv",
    actor="role/payroll-app",
    principal="role/payroll-app",
    arn=f"arn:aws:sts::{OWNER}:assumed-role/payroll-app/i-0a1b2c3d4e5f60718",
    bytes_out=412,
    expected_principals=(),
    decoy="payroll bait",
)
_TAKEN = make_evidence(  # with the credentials of a function, whose role is expected, from elsewhere
    actor="role/payroll-app",
    principal="role/payroll-app",
    arn=f"arn:aws:sts::{OWNER}:assumed-role/payroll-app/payroll-export",
    workload="lambda",
    workload_holder=f"arn:aws:lambda:eu-west-1:{OWNER}:function:payroll-export",
    workload_certain=True,
    outside_aws=True,
    expected=True,
    expected_principals=(),
)
_DENIED = make_evidence(
    outcome="denied",
    error_code="AccessDenied",
    bytes_out=243,
    expected=False,
    key="payroll/2026/board/bonus.xlsx",
    actor="user/bob",
    principal="user/bob",
    principal_type="user",
    access_key="AKIAIOSFODNN7EXAMPLE",
    mfa=False,
    arn=f"arn:aws:iam::{OWNER}:user/bob",
)
_COPY = make_evidence(
    act="copy-out",
    event_name="CopyObject",
    peer_uri="s3://collector-bucket/in/q3.csv",
    bytes_out=None,
    actor=f"{OTHER}:role/etl",
    principal=f"{OTHER}:role/etl",
    caller_account=OTHER,
    client="boto3 1.40",
    mfa=False,
    arn=f"arn:aws:sts::{OTHER}:assumed-role/etl/i-0123456789abcdef0",
    user_agent="[Boto3/1.40.2 md/Botocore#1.40.2]",
)
_BATCH = make_evidence(
    act="delete",
    event_name="DeleteObjects",
    operation="delete",
    scope="prefix",
    key="",
    keys_unknown=True,
    bytes_out=None,
    actor="role/cleanup",
    principal="role/cleanup",
    arn=f"arn:aws:sts::{OWNER}:assumed-role/cleanup/session-1",
    vpce="vpce-0a1b2c3d",
    ip="10.0.4.17",
    network_kind="vpce",
    client="boto3 1.40",
    user_agent="[Boto3/1.40.2]",
    mfa=False,
)
_POLICY = make_evidence(
    act="opened",
    event_name="PutBucketPolicy",
    operation="permission",
    scope="bucket",
    key="",
    bytes_out=None,
    grants_public=True,
    grants_accounts=(OTHER, "777788889999"),
    grants_allowed=("read and list", "write (inbox/*)"),
    actor="role/Admin",
    principal="role/Admin",
    arn=f"arn:aws:sts::{OWNER}:assumed-role/Admin/carol",
    console=True,
    client="console",
    user_agent="[Mozilla/5.0]",
    mfa=True,
    expected=None,
    expected_principals=(),
)
_TRAIL = make_evidence(
    act="trail-stopped",
    event_name="StopLogging",
    event_source="cloudtrail.amazonaws.com",
    operation="other",
    scope="account",
    bucket="",
    key="",
    resource="org-trail",
    bytes_out=None,
    actor="root",
    principal="root",
    principal_type="root",
    arn=f"arn:aws:iam::{OWNER}:root",
    mfa=False,
    bucket_account="",
    expected=None,
    expected_principals=(),
    auth="",
    signature="",
)
_ANONYMOUS = make_evidence(
    actor="anonymous",
    principal="anonymous",
    principal_type="anonymous",
    caller_account="",
    arn="",
    auth="none",
    signature="",
    client="browser",
    user_agent="[Mozilla/5.0 (X11; Linux x86_64)]",
    ip="198.51.100.20",
)

_EVE = {
    "actor": "user/eve", "principal": "user/eve", "principal_type": "user", "mfa": False,
    "access_key": "AKIAIOSFODNN7EXAMPLE", "arn": f"arn:aws:iam::{OWNER}:user/eve", "bytes_out": None,
}  # fmt: skip
_DELETED = make_evidence(event_name="DeleteObject", operation="delete", act="delete", time=TIME + 24, **_EVE)
_OVERWRITTEN = make_evidence(
    event_name="PutObject",
    operation="write",
    act="write",
    key="payroll/2026/q2.csv",
    bytes_in=48_120,
    time=TIME + 36,
    **_EVE,
)
_OPENED = make_evidence(
    event_name="PutBucketPolicy",
    operation="permission",
    act="opened",
    scope="bucket",
    key="",
    grants_accounts=(OTHER,),
    time=TIME + 2900,
    **_EVE,
)
_STOPPED = make_evidence(
    event_name="StopLogging",
    event_source="cloudtrail.amazonaws.com",
    operation="other",
    act="trail-stopped",
    scope="account",
    bucket="",
    key="",
    resource="audit",
    bucket_account="",
    time=TIME + 2918,
    expected=None,
    expected_principals=(),
    auth="",
    signature="",
    **_EVE
    | {"actor": "user/ops-temp", "principal": "user/ops-temp", "arn": f"arn:aws:iam::{OWNER}:user/ops-temp"},
)
VERDICT = Verdict(
    "expected",
    f"arn:aws:sts::{OWNER}:assumed-role/Responder/carol@example.com",
    TIME + 2880,
    "month's end; https://tickets.example.com/4711",
)
SNOOZE = Snooze(TIME + 2880 + 4 * 3600, VERDICT.by, TIME + 2880, "ticket 4711")
_UNWATCHED = {"label": "", "labels": (), "owner": ""}

STORIES = {
    "first": make_alert(),
    "claimed": make_alert(
        make_evidence(
            actor="alice@example.com",
            principal="role/Analyst",
            claim_source="source identity",
            arn=f"arn:aws:sts::{OWNER}:assumed-role/Analyst/evil.com",
            key="payroll/www.evil.example/q3.csv",
            client="console",
        )
    ),
    "federation-token": make_alert(
        make_evidence(
            actor="federated/alice",
            principal="federated/alice",
            principal_type="federated",
            claim_source="federation token",
            issuer="user/deploy",
            arn=f"arn:aws:sts::{OWNER}:federated-user/alice",
        )
    ),
    "first-seen": make_alert(
        make_evidence(
            country="NL",
            client="rclone 1.68",
            user_agent="rclone/v1.68.2",
            earlier=Earlier(first_seen=True, new_network=True, new_client=True),
        )
    ),
    "seen-before": make_alert(
        make_evidence(
            country="NL",
            earlier=Earlier(first_seen=False, last_seen_days=12, new_network=True, new_client=False),
        )
    ),
    "presigned": make_alert(_PRESIGNED, rules=("unexpected-read", "presigned-by-unapproved")),
    "decoy": make_alert(
        _DECOY,
        level="critical",
        rule="decoy-touched",
        rules=("decoy-touched", "unexpected-read"),
        label="payroll bait",
        labels=("payroll", "payroll bait"),
    ),
    "workload-credentials": make_alert(
        _TAKEN, rule="workload-credentials-elsewhere", rules=("workload-credentials-elsewhere",)
    ),
    "denied": make_alert(_DENIED, level="medium", rule="denied-access", rules=("denied-access",)),
    "late": make_alert(late=25500.0),
    "copy": make_alert(_COPY, rule="foreign-account", rules=("foreign-account", "unexpected-read")),
    "batch-delete": make_alert(_BATCH, rule="batch-delete", rules=("batch-delete",)),
    "batch-delete-known": make_alert(
        structs.replace(_BATCH, keys_unknown=False, key="payroll/2026/q3.csv"),
        rule="batch-delete",
        rules=("batch-delete",),
        count=2,
        keys=("payroll/2026/q3.csv", "payroll/2026/q4.csv"),
        distinct_keys=2,
    ),
    "public-policy": make_alert(
        _POLICY, level="critical", rule="public-bucket", rules=("public-bucket",), label="", owner=""
    ),
    "trail-stopped": make_alert(
        _TRAIL,
        level="critical",
        rule="trail-stopped",
        rules=("trail-stopped",),
        label="",
        owner="",
        account=OWNER,
    ),
    "anonymous": make_alert(
        _ANONYMOUS, level="critical", rule="anonymous-access", rules=("anonymous-access", "unexpected-read")
    ),
    "rollup": _many("rollup", 2),
    "more-severe": make_alert(
        _ANONYMOUS,
        kind="worse",
        sequence=3,
        level="critical",
        rule="anonymous-access",
        **_several(("read", 1210)),
        news=News(acts=(("read", 6),), rules=("anonymous-access",), keys=1),
        rules=("anonymous-access", "unexpected-read"),
        distinct_keys=58,
        last=TIME + 4000,
    ),
    "closed": _many("closed", 4, count=31_870, exact=False, distinct_keys=100, keys_exact=False),
    "several-at-once": make_alert(
        _DELETED,
        **_several(("delete", 1), ("copy-out", 1), ("write", 1), ("read", 1)),
        rules=("unexpected-read", "foreign-account"),
        keys=("payroll/2026/q3.csv", "payroll/2026/q2.csv"),
        distinct_keys=2,
    ),
    "worse": make_alert(
        _OVERWRITTEN,
        kind="worse",
        sequence=4,
        rule="overwritten",
        **_several(("delete", 1), ("copy-out", 1), ("write", 1), ("read", 1)),
        news=News(acts=(("write", 1),), rules=("overwritten",), keys=1),
        rules=("unexpected-read", "foreign-account", "overwritten"),
        first=TIME,
        keys=("payroll/2026/q3.csv", "payroll/2026/q2.csv"),
        distinct_keys=2,
    ),
    "trail-stopped-after-narrowing": make_alert(
        _STOPPED,
        kind="worse",
        sequence=2,
        rule="trail-stopped",
        **_several(("trail-stopped", 1), ("trail-change", 1)),
        news=News(acts=(("trail-stopped", 1),)),
        rules=("trail-stopped",),
        **_UNWATCHED,
        account=OWNER,
        first=TIME,
    ),
    "rollup-of-several-acts": _many(
        "rollup",
        5,
        evidence=_OPENED,
        rule="bucket-shared",
        **_several(("opened", 1), ("delete", 2), ("copy-out", 1), ("read", 40)),
        news=News(
            acts=(("delete", 1), ("read", 12)), rules=("batch-delete",), labels=("medical",), keys=9, ips=1
        ),
        rules=("bucket-shared", "unexpected-read", "batch-delete"),
        labels=("payroll", "medical"),
        distinct_keys=31,
        bytes_out=96_400_000,
    ),
    "rollup-denied": _many(
        "rollup",
        2,
        evidence=structs.replace(
            _DELETED, outcome="denied", error_code="AccessDenied", key="payroll/2026/board/bonus.xlsx"
        ),
        level="medium",
        rule="denied-access",
        **_several(("delete", 2), ("read", 40)),
        news=News(acts=(("delete", 2), ("read", 39)), keys=11),
        rules=("denied-access",),
        distinct_keys=12,
        bytes_out=0,
    ),
    "many-deleted": make_alert(
        structs.replace(_DELETED, correlated=Correlated("many-deleted", "value_count", 25, 3600, "s3.key")),
        kind="worse",
        sequence=2,
        level="critical",
        rule="many-deleted",
        rules=("many-deleted", "unexpected-delete"),
        **_several(("delete", 25)),
        news=News(acts=(("delete", 24),), rules=("many-deleted",), keys=24),
        keys=("payroll/2026/q3.csv", "payroll/2026/q2.csv", "payroll/2026/q1.csv"),
        distinct_keys=25,
    ),
    "many-read-signals": make_alert(
        make_evidence(correlated=Correlated("many-read", "value_count", 200, 3600, "s3.key")),
        rule="many-read",
        rules=("many-read",),
        acts=(),
        keys=(),
        distinct_keys=0,
        bytes_out=0,
    ),
    "closed-judged": _many("closed", 3, verdict=VERDICT),
    "rollup-snoozed": _many("rollup", 2, snooze=SNOOZE),
    "closed-with-news": _many(
        "closed",
        6,
        evidence=structs.replace(_COPY, time=TIME + 3500),
        rule="foreign-account",
        **_several(("copy-out", 3), ("read", 31_867)),
        exact=False,
        news=News(acts=(("copy-out", 1), ("read", 4100)), ips=1),
        rules=("foreign-account", "unexpected-read"),
        distinct_keys=100,
        keys_exact=False,
    ),
    "overflow": _many(
        "rollup",
        2,
        evidence=structs.replace(
            _DELETED, actor="eve-0417", actor_verified=False, claim_source="source identity"
        ),
        actor="user/eve",
        **_several(("delete", 2), ("read", 312)),
        news=News(acts=(("read", 290),), labels=("medical",), keys=40, ips=2),
        **_UNWATCHED | {"labels": ("payroll", "medical")},
        bucket="",
        is_overflow=True,
    ),
}


# What callers write into keys, user agents and session names when they mean harm.
HOSTILE = (
    "line\r\nbreak",
    "\u202egnp.exe",
    "a\u200bb",
    "<!here> <@U123> @channel",
    "`code` *bold* [x](https://evil.example)",
    "' OR 1=1 --",
    '" | limit 1',
    "/ or 1=1 #",
    "https://evil.example/login",
    "\x00\x1b[31m",
    "\\' \\n",
    "\u2028",
    "key: value\n- rule: x",
    "**?*",
    "\ufe0f\u3164",
    "漢字" * 40,
    "x" * 1024,
    "é" * 512,
    "\U0001f600",
    " \t ",
    "evil.com/login",
    "www.evil.csv",
    "x/evil.html" * 30,
    "ceo@example.com",
    "//localhost/x 203.0.113.9/x",
    r"\\host\share",
    "",
)
LINK = "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1"
TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=40)
_BY_TYPE = {
    str: TEXTS,
    bool: st.booleans(),
    float: st.floats(0, 1e11),
    int: st.integers(0, 2**62),
    bool | None: st.none() | st.booleans(),
    int | None: st.none() | st.integers(0, 2**62),
    float | None: st.none() | st.floats(0, 1e13),
    tuple[str, ...]: st.lists(TEXTS, max_size=12).map(tuple),
    tuple[tuple[str, str], ...]: st.lists(st.tuples(TEXTS, TEXTS), max_size=4).map(tuple),
    Severity: st.sampled_from(SEVERITIES),
    Kind: st.sampled_from(get_args(Kind)),
    tuple[tuple[str, int], ...]: st.lists(
        st.tuples(st.sampled_from(get_args(Act)) | TEXTS, st.integers(0, 2**62)), max_size=16
    ).map(tuple),
}


@cache  # the annotations of a struct are text, which takes a third of a law's time to read
def _fields(kind: type[Struct]) -> tuple[structs.FieldInfo, ...]:
    return structs.fields(kind)


@st.composite
def wild(draw: st.DrawFn, kind: type[Struct], **known: Any) -> Any:
    """A struct of a kind with anything in any field but the known ones."""
    fields = {field.name: field.type for field in _fields(kind) if field.name not in known}
    return kind(**known, **{name: draw(_BY_TYPE[type_]) for name, type_ in fields.items()})


_BY_TYPE[Review | None] = st.none() | wild(Review)
_BY_TYPE[CorrelationType] = st.sampled_from(get_args(CorrelationType))
_BY_TYPE[Correlation | None] = st.none()
# The field is a rule's, which the compiler holds against those that there are
FIELDS = st.sampled_from(["s3.key", "s3.bytes_out", "s3.presign_expires", "requestParameters.tagging"])
_BY_TYPE[Correlated | None] = st.none() | FIELDS.flatmap(lambda name: wild(Correlated, field=name))
_BY_TYPE[Earlier] = wild(Earlier)
_BY_TYPE[Condition | None] = st.none()
_BY_TYPE[News | None] = st.none() | wild(News)
_BY_TYPE[Judgement] = st.sampled_from(get_args(Judgement))
_BY_TYPE[Versioning] = st.sampled_from(get_args(Versioning))
_BY_TYPE[PublicState] = st.sampled_from(get_args(PublicState))
_BY_TYPE[PublicAccess | None] = st.none() | wild(PublicAccess)
_BY_TYPE[BucketFacts | None] = st.none() | wild(BucketFacts)
_BY_TYPE[Verdict | None] = st.none() | wild(Verdict)
_BY_TYPE[Snooze | None] = st.none() | wild(Snooze)
_BY_TYPE[tuple[Step, ...]] = st.lists(
    st.builds(Step, TEXTS, st.sampled_from(("", *get_args(When))), TEXTS, TEXTS)
).map(tuple)
for words in (ClaimSource, finding.Service, finding.Kind, finding.State):
    _BY_TYPE[words] = st.sampled_from(get_args(words))
_BY_TYPE[tuple[Assumer, ...]] = st.lists(wild(Assumer), max_size=STEPS).map(tuple)
_BY_TYPE[Assumed | None] = st.none() | wild(Assumed)
_BY_TYPE[tuple[finding.Target, ...]] = st.lists(wild(finding.Target), max_size=4).map(tuple)
_BY_TYPE[finding.Finding | None] = st.none() | wild(finding.Finding, link=LINK)


@st.composite
def wild_alerts(draw: st.DrawFn) -> Alert:
    """Alerts with anything in any field."""
    return draw(wild(Alert, evidence=draw(wild(Evidence))))


@st.composite
def wild_detections(draw: st.DrawFn) -> dict[str, Detection]:
    """Detections of any name with anything in them."""
    names = draw(st.lists(TEXTS, max_size=3))
    return {name: draw(wild(Detection, condition=Condition("exists"))) for name in names}
