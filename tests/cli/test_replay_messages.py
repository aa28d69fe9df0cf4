"""Which mails a history would have caused, and when: the stories that must not be hidden."""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as with_changes
from s3watch.ruleset import Expected, Label, Patterns, Ruleset
from s3watch_cli.compiler import compile_folder
from s3watch_cli.replay import Replayer
from s3watch_cli.replay_messages import MessageReplayer
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.exceptions_file import read_exceptions

from tests.support.asn_databases import asn_database
from tests.support.cloudtrail import OTHER, as_bytes, make_log_file, make_record, make_role, make_user
from tests.support.project import RULES
from tests.support.rule_folders import read
from tests.support.sensitive import RULESET, make_reads


@cache
def shipped() -> Ruleset:
    """The shipped detections on a catalogue that holds all of hr-data."""
    detections = compile_folder(RULES, date(2026, 11, 20), Diagnostics()).ruleset.detections
    label = Label("hr data", "high", "hr-security@example.com", (Expected(("role/payroll-app",)),))
    return Ruleset(
        buckets=("hr-data",),
        labels=(label,),
        patterns=(Patterns("hr-data", prefixes=(("", 0),)),),
        detections=detections,
    )


def replay(*records: dict[str, Any], ruleset: Ruleset | None = None) -> MessageReplayer:
    replayer = MessageReplayer(ruleset or shipped())
    replayer.feed("history.json", [make_log_file(*records)])
    return replayer


def told(replayer: MessageReplayer) -> list[tuple[str, str, str]]:
    return [(mail["at"][11:19], mail["kind"], mail["subject"]) for mail in replayer.mails()]


def at(time: str, name: str, **changes: Any) -> dict[str, Any]:
    """What eve did at a time of the day."""
    return make_record(
        eventName=name, eventTime=f"2026-11-20T{time}Z", requestID=f"R{time}", eventID=f"e{time}",
        userIdentity=make_user("eve"), **changes,
    )  # fmt: skip


def of_trail(time: str, event: str, account: str = "111122223333", **parameters: str) -> dict[str, Any]:
    trail = f"arn:aws:cloudtrail:eu-west-1:{account}:trail/main"
    changes = {"eventSource": "cloudtrail.amazonaws.com", "requestParameters": parameters or {"name": trail}}
    return at(time, event, resources=[], recipientAccountId=account, **changes) | {
        "userIdentity": make_user("eve", account)
    }


def test_an_access_grant_is_told_like_a_share():
    """Composed from the members of the API; no recorded one was found."""
    grant = {
        "AccessGrantsLocationId": "default",
        "AccessGrantsLocationConfiguration": {"S3SubPrefix": "hr-data/payroll/*"},
        "Grantee": {"GranteeType": "IAM", "GranteeIdentifier": "arn:aws:iam::444455556666:role/partner"},
        "Permission": "READ",
    }
    request = {"accountId": "111122223333", "CreateAccessGrantRequest": grant}
    record = at("08:14:03", "CreateAccessGrant", requestParameters=request, resources=[])

    subject = "[HIGH] hr data: user/eve opened payroll/* to account 444455556666 (unexpected)"
    assert told(replay(record)) == [("08:14:03", "first", subject)]


EVERYONE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}],
}
COPY = {"x-amz-copy-source": "hr-data/payroll/2026/q3.csv"}
STORY = [
    at("08:14:03", "GetObject"),
    at(
        "08:14:14",
        "CopyObject",
        bucket="collect",
        request=COPY,
    ),
    at("08:14:27", "DeleteObject"),
    at("08:14:39", "PutObject", key="payroll/2026/q2.csv"),
    at("08:14:52", "PutBucketPolicy", key=None, request={"bucketPolicy": EVERYONE}),
]


def test_each_worse_act_of_somebody_who_was_reported_is_told_when_it_happens():
    times = [record["eventTime"][11:19] for record in STORY]
    kinds = ["first", "worse", "worse", "worse", "first"]

    assert [mail[:2] for mail in told(replay(*STORY))] == list(zip(times, kinds, strict=True))
    assert [mail[2].removeprefix("[HIGH] ") for mail in told(replay(*STORY))] == [
        "hr data: user/eve read payroll/2026/q3.csv (unexpected)",
        "hr data: user/eve copied payroll/2026/q3.csv to collect (unexpected, before: read 1)",
        "hr data: user/eve deleted payroll/2026/q3.csv (unexpected, before: copied out 1, read 1)",
        "hr data: user/eve wrote payroll/2026/q2.csv (before: deleted 1, copied out 1, read 1)",
        "hr-data: user/eve opened hr-data to everyone (unexpected, to read)",
    ]


def test_of_one_batch_the_worst_act_is_told_and_the_rest_in_its_text():
    together = [record | {"eventTime": "2026-11-20T08:15:00Z"} for record in STORY[:4]]
    [mail] = list(replay(*together).mails())

    assert mail["subject"] == (
        "[HIGH] hr data: user/eve deleted payroll/2026/q3.csv and copied out 1, wrote 1, read 1 (unexpected)"
    )


def test_the_stop_of_a_trail_that_was_narrowed_before_is_told_by_name():
    mails = told(replay(of_trail("08:14:03", "PutEventSelectors"), of_trail("09:02:41", "StopLogging")))

    assert [(time, kind) for time, kind, _ in mails] == [("08:14:03", "first"), ("09:02:41", "worse")]
    assert "stopped trail" in mails[1][2]


ACCOUNTS = ("111122223333", "444455556666", "777788889999")
NARROWED = [of_trail(f"08:1{n}:03", "PutEventSelectors", account) for n, account in enumerate(ACCOUNTS)]


def test_users_of_the_same_name_in_three_accounts_are_told_apart():
    subject = "[HIGH] CloudTrail: user/eve changed event selectors of trail main in"

    assert told(replay(*NARROWED[::-1])) == [
        (f"08:1{n}:03", "first", f"{subject} {account}") for n, account in enumerate(ACCOUNTS)
    ]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_order_in_which_accounts_arrive_makes_no_difference(order: tuple[int, ...]):
    replayer = Replayer(shipped())
    replayer.feed("history.json", [make_log_file(*(NARROWED[n] for n in order))])

    assert [(alert["count"], alert["first"]) for alert in replayer.alerts()] == [
        (1, f"2026-11-20T08:1{n}:03Z") for n in range(3)
    ]


def test_each_mail_names_its_own_account_and_trail_and_no_other():
    for mail, account in zip(replay(*NARROWED).mails(), ACCOUNTS, strict=True):
        assert f"arn:aws:cloudtrail:eu-west-1:{account}:trail/main" in mail["body"]
        assert [other for other in ACCOUNTS if other in mail["body"]] == [account]


def test_the_exception_that_a_mail_suggests_silences_its_own_account_and_trail_only():
    second = list(replay(*NARROWED).mails())[1]
    entry = second["body"].partition("- rule")[2].partition("\n\n")[0]
    rules = ["trail-stopped-or-narrowed"]
    exceptions = read_exceptions(read(f"- rule{entry}"), rules, date(2026, 11, 20), Diagnostics())
    another = of_trail("08:15:03", "StopLogging", ACCOUNTS[1], name="second")
    subjects = told(replay(*NARROWED, another, ruleset=with_changes(shipped(), exceptions=exceptions)))

    assert [subject.rpartition("trail ")[2] for _, _, subject in subjects] == [
        f"main in {ACCOUNTS[0]}",
        f"main in {ACCOUNTS[2]}",
        f"second in {ACCOUNTS[1]}",
    ]


def test_a_trail_that_was_narrowed_by_its_arn_and_stopped_by_its_name_is_one_story():
    mails = told(replay(NARROWED[0], of_trail("09:02:41", "StopLogging", name="main")))

    assert [(time, kind) for time, kind, _ in mails] == [("08:10:03", "first"), ("09:02:41", "worse")]
    assert mails[1][2].startswith("[HIGH] CloudTrail: user/eve stopped trail main in 111122223333")


WHOLE = {"readWriteType": "All", "dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}
IN_PART = WHOLE | {"readWriteType": "WriteOnly"}


def of_selectors(time: str, **selector: Any) -> dict[str, Any]:
    return of_trail(time, "PutEventSelectors") | {
        "requestParameters": {"trailName": "main", "eventSelectors": [selector]}
    }


def test_selectors_that_leave_a_watched_bucket_out_are_told_at_once_though_others_were_not():
    mails = told(replay(of_selectors("08:14:03", **WHOLE), of_selectors("08:15:03", **IN_PART)))

    assert [(time, subject) for time, _, subject in mails] == [
        (
            "08:15:03",
            "[HIGH] CloudTrail: user/eve limited trail main in 111122223333 (not all recorded: hr-data)",
        ),
        (
            "07:01:00",  # in the digest of the next morning
            "[LOW] CloudTrail: user/eve changed event selectors of trail main in 111122223333",
        ),
    ]


def test_each_bucket_more_that_selectors_leave_out_is_told_at_once():
    ruleset = with_changes(shipped(), buckets=("hr-data", "ledgers"))
    only = WHOLE | {"dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::ledgers/"]}]}
    again = [of_selectors(f"08:1{minute}:03", **IN_PART) for minute in (5, 6)]
    mails = told(replay(of_selectors("08:14:03", **only), *again, ruleset=ruleset))

    assert [(time, kind, subject.rpartition(" (")[2]) for time, kind, subject in mails[:2]] == [
        ("08:14:03", "first", "not all recorded: hr-data)"),
        ("08:15:03", "worse", "not all recorded: 2 buckets)"),
    ]
    assert {kind for _, kind, _ in mails[2:]} <= {"rollup", "closed"}


def test_block_public_access_of_an_account_is_told_with_its_number():
    settings = {"BlockPublicAcls": False, "BlockPublicPolicy": False}
    request = {"accountId": OTHER, "PublicAccessBlockConfiguration": settings}
    record = at(
        "08:10:03", "PutAccountPublicAccessBlock", requestParameters=request, resources=[],
        recipientAccountId=OTHER,
    ) | {"userIdentity": make_user("eve", OTHER)}  # fmt: skip

    assert [subject for _, _, subject in told(replay(record))] == [
        f"[HIGH] account {OTHER}: user/eve changed Block Public Access of account {OTHER}"
    ]


def upload(how: str, identity: dict[str, Any], agent: str, **changes: Any) -> dict[str, Any]:
    """An object written by a URL of 300 seconds that signs the headers `how`."""
    return at(
        "08:14:03", "PutObject", key="payroll/2026/scan-0412.pdf", userAgent=agent,
        request={"X-Amz-Date": "20261120T081400Z", "X-Amz-Expires": "300", "X-Amz-SignedHeaders": how},
        additional={"AuthenticationMethod": "QueryString"}, **changes,
    ) | {"userIdentity": identity}  # fmt: skip


CLERK = make_user("clerk") | {"accessKeyId": "ASIAEXAMPLE"}  # the key of a session
FIREFOX = "[Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0]"
BY_CONSOLE = "content-md5;content-type;host;x-amz-acl;x-amz-storage-class"


@pytest.mark.parametrize(
    ("record", "rules", "how"),
    [
        (
            upload(BY_CONSOLE, CLERK, FIREFOX),
            ["unexpected-write"],
            "looks like an upload in the S3 console",
        ),
        (
            upload(BY_CONSOLE, CLERK, FIREFOX, sessionCredentialFromConsole="true"),
            ["unexpected-write"],
            "AWS console",
        ),
        (
            upload("host", make_role("web-backend", "i-0a1b2c3d"), "[curl/8.14.1]"),
            ["presigned-by-unapproved", "unexpected-write"],
            "presigned URL, valid until 2026-11-20 08:19 UTC, or until the session of its signer ends",
        ),
    ],
    ids=["unmarked", "marked", "a URL of five minutes"],
)
def test_an_upload_in_the_console_is_not_called_a_presigned_url(
    record: dict[str, Any], rules: list[str], how: str
):
    [mail] = list(replay(record).mails())

    assert [name for name in ("presigned-by-unapproved", "unexpected-write") if name in mail["body"]] == rules
    assert f"\nHow: {how}\n" in mail["body"]
    assert ("presigned" in mail["body"] + mail["subject"]) is ("presigned-by-unapproved" in rules)


def test_more_of_the_same_is_rolled_up():
    records = [at(f"08:{minute}:00", "GetObject") for minute in range(20, 50)]

    assert [(time, kind) for time, kind, _ in told(replay(*records))] == [
        ("08:20:00", "first"), ("08:36:00", "rollup"), ("09:21:00", "rollup"),
    ]  # fmt: skip


def test_what_can_not_be_read_is_counted_as_failed_and_hides_nothing():
    replayer = MessageReplayer(RULESET)
    replayer.feed("a.json", [b"{"])
    lines = [as_bytes(make_record()), b"nonsense", *map(as_bytes, make_reads(1))]
    replayer.feed("b.ndjson", [b"\n".join(lines)])
    mails = list(replayer.mails())

    assert (len(mails), replayer.result.counts.hit, replayer.result.counts.failed) == (1, 2, 1)
    assert list(replayer.result.failures.lines()) == [
        "a.json: neither JSON nor an access log: Input data was truncated",
        "b.ndjson, record 2: neither JSON nor an access-log line",
    ]


def test_mails_say_what_the_rules_bring_along(tmp_path: Path):
    (tmp_path / "asn.mmdb").write_bytes(asn_database())
    ruleset = with_changes(shipped(), systems=str(tmp_path / "asn.mmdb"), accounts=((OTHER, "partner Acme"),))
    read = make_record(userIdentity=make_role("etl", account=OTHER), sourceIPAddress="198.51.100.7")
    (mail,) = replay(read, ruleset=ruleset).mails()

    assert "another account, 444455556666 (partner Acme)" in mail["body"]
    assert 'From: 198.51.100.7 (AS64500 "Example Net"), aws-cli' in mail["body"]
