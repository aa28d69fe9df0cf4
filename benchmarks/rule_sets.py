"""The rules of the benchmarks, as conditions on CloudTrail's own fields; others are written from these."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from s3watch.ruleset import Condition, Detection

from benchmarks.estate import BUCKETS, CATALOGUED, PROJECTS, roles_of
from benchmarks.events import SERVICES, THINGS, VERBS

BUCKET, KEY = "requestParameters.bucketName", "requestParameters.key"
ROLE = "userIdentity.sessionContext.sessionIssuer.userName"
WRITES = ("PutObject", "CopyObject", "UploadPart", "CompleteMultipartUpload")


def both(*parts: Condition) -> Condition:
    """All of these."""
    return Condition("and", of=parts)


def either(*parts: Condition) -> Condition:
    """Any of these."""
    return Condition("or", of=parts)


def unless(part: Condition) -> Condition:
    """Not this."""
    return Condition("not", of=(part,))


def is_one(field: str, *values: str) -> Condition:
    """A field that is one of these texts."""
    return Condition("eq", field=field, values=values)


def _rules(conditions: Iterator[Condition] | list[Condition]) -> list[Detection]:
    return [Detection(f"rule-{n:04}", f"Rule {n}", "medium", each) for n, each in enumerate(conditions)]


def make_bucket_rules(number: int, kinds: int = 100, seed: int = 3) -> list[Detection]:
    """Make rules as teams write them for their buckets; one out of twenty names no bucket.

    In a hundred: 50 on bucket, prefix, calls and not the team's own role, 20 on a pattern of the key, 10 on
    denials, 10 on a network, 5 on presigned URLs, 5 without a bucket. Fewer than a hundred leave out some
    of the first, and 95 `kinds` the last five.
    """
    random = Random(seed)
    return _rules([_bucket_rule(random, n % kinds) for n in range(-number, 0)])


def _bucket_rule(random: Random, kind: int) -> Condition:
    bucket, project = random.choice(BUCKETS), random.randrange(PROJECTS)
    here = is_one(BUCKET, bucket)
    prefix = Condition("prefix", field=KEY, values=(f"restricted/project-{project // 10}",), cased=True)
    if kind < 50:
        calls = is_one("eventName", *random.choice((("GetObject",), ("GetObject", "HeadObject"), WRITES)))
        return both(here, prefix, calls, unless(is_one(ROLE, *roles_of(bucket))))
    if kind < 70:
        glob = f"*/project-{project // 10}?/*/day=0{random.randrange(1, 10)}/*.parquet"
        return both(
            here, is_one("eventName", "GetObject"), Condition("glob", field=KEY, values=(glob,), cased=True)
        )
    if kind < 80:
        return both(here, is_one("errorCode", "AccessDenied"))
    if kind < 90:
        return both(
            here,
            Condition("cidr", field="sourceIPAddress", values=(f"192.0.2.{random.randrange(4) * 64}/26",)),
        )
    if kind < 95:
        return both(here, is_one("additionalEventData.AuthenticationMethod", "QueryString"), prefix)
    return UNSCOPED[kind - 95]


UNSCOPED = (
    is_one("additionalEventData.SignatureVersion", "SigV2"),
    both(is_one("userIdentity.type", "Root"), unless(is_one("eventType", "AwsServiceEvent"))),
    Condition("contains", field="userAgent", values=("rclone", "cyberduck")),
    is_one("userIdentity.accountId", "anonymous"),
    both(is_one("eventName", "PutBucketPolicy", "DeleteBucketPolicy"), unless(is_one(ROLE, "deployer"))),
)


def make_label_rules() -> list[Detection]:
    """Make the rules that a catalogue is for; no peer has a catalogue, so they run without these."""
    success, denied = is_one("s3.outcome", "success"), is_one("s3.outcome", "denied")
    unexpected = Condition("bool", field="s3.expected", values=("false",))
    return [
        Detection(
            f"unexpected-{operation}",
            "",
            "high",
            both(unexpected, success, is_one("s3.operation", operation)),
        )
        for operation in ("read", "write", "delete")
    ] + [
        Detection(
            "denied-access", "", "low", both(Condition("exists", field="s3.label", values=("true",)), denied)
        ),
        Detection(
            "presigned-by-unapproved",
            "",
            "medium",
            both(unexpected, success, Condition("bool", field="s3.presigned", values=("true",))),
        ),
    ]


def make_public_rules(number: int = 800, seed: int = 4) -> list[Detection]:
    """Make rules shaped like the public ones for CloudTrail: most on one call of one service.

    Of the measured set of 803 documents, all but some thirty compare eventSource and eventName with texts;
    14 use `contains`, a few `startswith`, `re`, `exists` and `not`, 7 are keywords, 3 of them without any
    field. Every second rule here names a call of our events, the others calls that never come.
    """
    random = Random(seed)
    special = [*_special_rules(random)]
    return _rules(special + [_call_rule(random, n) for n in range(number - len(special))])


def _call_rule(random: Random, number: int) -> Condition:
    service = random.choice(SERVICES)
    call = random.choice(VERBS) + random.choice(THINGS) + ("" if number % 2 else "V2")
    condition = both(is_one("eventSource", f"{service}.amazonaws.com"), is_one("eventName", call))
    extra: list[Condition] = {
        0: [
            either(
                *(Condition("exists", field=each, values=("true",)) for each in ("errorCode", "errorMessage"))
            )
        ],
        1: [is_one("requestParameters.description", "nightly run", "one-off")],
        2: [unless(Condition("contains", field="userAgent", values=("terraform",)))],
    }.get(number % 10, [])
    return both(*condition.of, *extra)


def _special_rules(random: Random) -> Iterator[Condition]:
    for number in range(14):
        words = (f"attack-{number}", f"tool{number}/", "stealth")
        scope = [is_one("eventName", random.choice(VERBS) + random.choice(THINGS))] if number % 2 else []
        yield both(*scope, Condition("contains", field="userAgent", values=words[: number % 3 + 1]))
    yield both(
        Condition("prefix", field="eventName", values=("Create", "Delete", "Update")),
        is_one("userIdentity.type", "Root"),
    )
    yield both(
        is_one("eventSource", "s3.amazonaws.com"),
        Condition("re", field="eventName", values=("^Put.*(Policy|Acl)$",)),
    )
    yield both(
        Condition("contains", field="requestParameters", values=('"Principal":{"AWS"',)),
        is_one("eventName", "PutBucketPolicy"),
    )
    yield is_one("errorCode", "UnauthorizedOperation", "InvalidClientTokenId")
    for number in range(4):
        yield both(
            is_one("eventSource", f"{SERVICES[number]}.amazonaws.com"),
            Condition("keyword", values=(f"backdoor{number}",)),
        )
    yield Condition("keyword", values=("stratus-red-team", "pacu_session"))
    yield Condition("keyword", values=("trufflehog", "cloudgoat", "prowler-check"))
    yield both(
        Condition("keyword", values=("kali linux",)), unless(is_one("eventSource", "sts.amazonaws.com"))
    )


def is_scoped(bucket: str) -> bool:
    """Tell whether a bucket is in the catalogue."""
    return bucket in CATALOGUED
