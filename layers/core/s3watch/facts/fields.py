"""The fields that detections may use: the `s3.` facts, and the record members that are cheap to read."""

from __future__ import annotations

from typing import Literal, NamedTuple

from s3watch.sources.feeds import Feed

Kind = Literal["text", "number", "bool", "list"]


class Fact(NamedTuple):
    """One `s3.` fact: its kind, the feeds that carry it, and its meaning.

    `attribute` names it in Access, if it is not the fact's own name.
    """

    kind: Kind
    feeds: frozenset[Feed]
    meaning: str
    attribute: str = ""


_TRAIL: frozenset[Feed] = frozenset({"cloudtrail"})
_REQUESTS: frozenset[Feed] = frozenset({"cloudtrail", "access-log"})
_EVENTS: frozenset[Feed] = frozenset({"cloudtrail", "s3-event"})
_ALL: frozenset[Feed] = frozenset({"cloudtrail", "access-log", "s3-event"})

FACTS: dict[str, Fact] = {
    "s3.operation": Fact(
        "text", _ALL, "read, list, inspect, write, delete, permission, protection, configuration or other"
    ),
    "s3.scope": Fact("text", _ALL, "object, prefix, bucket or account"),
    "s3.outcome": Fact("text", _ALL, "success, denied, missing or failed"),
    "s3.bucket": Fact("text", _ALL, "the bucket, even if an access point or its alias was used"),
    "s3.key": Fact("text", _ALL, "the object's key, decoded"),
    "s3.version": Fact("text", _ALL, "the version that the request named"),
    "s3.peer_uri": Fact("text", _TRAIL, "the other object of a copy or rename, as s3://bucket/key"),
    "s3.leaves_label": Fact(
        "bool",
        _TRAIL,
        "whether the other object of a copy or rename lacks a label of this one; absent without one",
    ),
    "s3.label": Fact("list", _ALL, "the catalogue's labels of the object or listed prefix", "label_names"),
    "s3.label_severity": Fact(
        "text",
        _ALL,
        "the severity of the leading label: a decoy, else the most severe that does not expect it",
    ),
    "s3.label_owner": Fact("text", _ALL, "the owner of the leading label"),
    "s3.bucket_labels": Fact(
        "list", _ALL, "the labels of all objects that the bucket may hold", "bucket_label_names"
    ),
    "s3.log_bucket": Fact("bool", _ALL, "whether the bucket is one of those whose log files s3watch reads"),
    "s3.own_part": Fact(
        "text",
        _TRAIL,
        "the kind of part of s3watch's own stack that the call acts on: rule, queue, topic, subscription,"
        " function, event source mapping, table, alarm, log group, role, policy or stack; absent if none",
        "own.kind",
    ),
    "s3.expected": Fact(
        "bool",
        _REQUESTS,
        "whether every label expects this access: of a call about a bucket, every one of its objects; absent"
        " without a label",
    ),
    "s3.decoy": Fact("bool", _ALL, "whether the object, or what the listing names, is one of your decoys"),
    "s3.principal": Fact(  # S3 events name only the caller's account
        "text", _REQUESTS, "the caller: role/NAME, user/NAME, root, 444455556666:role/NAME, anonymous, ..."
    ),
    "s3.accountable": Fact(
        "text",
        _REQUESTS,
        "the caller under a name that it cannot choose: whoever made the session of a federated user, else"
        " s3.principal",
    ),
    "s3.principal_type": Fact(
        "text", _REQUESTS, "root, user, role, federated, service, account, anonymous or unknown"
    ),
    "s3.calling_service": Fact(
        "text",
        _REQUESTS,
        "the AWS service that called, such as macie.amazonaws.com: by a role that only it can assume, or as"
        " CloudTrail says (invokedBy); absent if none, and in access logs",
        "caller.service",
    ),
    "s3.actor": Fact(
        "text", _REQUESTS, "the person if known, even if only the caller names it, else the principal"
    ),
    "s3.caller_account": Fact("text", _ALL, "the account of the caller"),
    "s3.bucket_account": Fact("text", _EVENTS, "the account of the bucket"),
    "s3.cross_account": Fact(
        "bool", _EVENTS, "whether caller and bucket are of different accounts; absent if unknown"
    ),
    "s3.auth": Fact("text", _REQUESTS, "header, query, form or none"),
    "s3.presigned": Fact(
        "bool",
        _REQUESTS,
        "whether a presigned URL was used that is not one of the console's own; absent if not recorded",
    ),
    "s3.presign_expires": Fact("number", _REQUESTS, "seconds for which the presigned URL was valid"),
    "s3.signature": Fact("text", _REQUESTS, "SigV2, SigV4 or SigV4A", "additional.signature"),
    "s3.console": Fact(  # the user agent is not believed: callers choose it
        "bool",
        _TRAIL,
        "whether CloudTrail says that the session is one of the AWS console; absent before version 1.08",
    ),
    "s3.like_console": Fact(  # what this excuses must be alerted by another rule: it can be imitated
        "bool",
        _TRAIL,
        "whether a presigned URL has every sign of a person's upload or download in the console, although its"
        " record does not say so; whoever signs and uses a URL can imitate them",
    ),
    "s3.mfa": Fact("bool", _TRAIL, "whether the session used MFA; absent if AWS does not say", "caller.mfa"),
    "s3.workload_role": Fact(
        "text",
        _REQUESTS,
        "the kind of workload that the role's credentials were made for: ec2, lambda, ecs, ...; absent if not"
        " known. Where CloudTrail does not say, a session named like an instance is ec2",
        "workload.kind",
    ),
    "s3.network_kind": Fact(  # the console calls S3 through AWS's own endpoints
        "text",
        _ALL,
        "ip, vpce, aws-service, aws-internal or unknown; ip also for a public address behind an endpoint that"
        " is neither the caller's nor the bucket owner's",
    ),
    "s3.ip": Fact("text", _ALL, "the caller's IP address"),
    "s3.country": Fact(
        "text",
        _ALL,
        "the country in which the address is registered, in two letters, such as NL; absent for private ones,"
        " those behind a VPC endpoint and services",
    ),
    "s3.outside_aws": Fact(
        "bool",
        _ALL,
        "whether the address is neither in the ranges that AWS publishes nor in your own, as aws-ranges.json"
        " has them; absent without that file, and of a public address behind an endpoint that may be the"
        " caller's",
    ),
    "s3.vpce": Fact("text", _TRAIL, "the id of the VPC endpoint"),
    "s3.tls": Fact(
        "text",
        _REQUESTS,
        "the TLS version, such as 1.3; none if CloudTrail records a connection without a cipher, as it can"
        " from version 1.08 on",
    ),
    "s3.client": Fact(
        "text", _REQUESTS, "the program according to its user agent: aws-cli, boto3, console, browser, ..."
    ),
    "s3.bytes_in": Fact("number", _REQUESTS, "bytes sent to S3"),
    "s3.bytes_out": Fact("number", _REQUESTS, "bytes received from S3"),
    "s3.hour": Fact("number", _ALL, "hour of the day in the configured time zone, 0 to 23"),
    "s3.weekday": Fact("text", _ALL, "monday to sunday in the configured time zone"),
    "s3.grants_public": Fact(
        "bool",
        _TRAIL,
        "whether the policy or ACL in the request grants anything to everyone",
        "settings.grants_public",
    ),
    "s3.grants_public_write": Fact(
        "bool",
        _TRAIL,
        "whether it lets everyone write, delete or change permissions",
        "settings.grants_public_write",
    ),
    "s3.grants_accounts": Fact(
        "list",
        _TRAIL,
        "who else outside the account the policy or ACL in the request grants access to: other accounts,"
        " organizations, networks, services that act for others",
        "settings.grants_accounts",
    ),
    "s3.grants_ids": Fact(
        "list",
        _TRAIL,
        "ids of users and roles that the policy in the request names, without saying whose they are",
        "settings.grants_ids",
    ),
    "s3.kms_accounts": Fact(
        "list",
        _TRAIL,
        "other accounts whose KMS keys encrypt what is written, now or by default",
        "settings.kms_accounts",
    ),
    "s3.destination_accounts": Fact(
        "list",
        _TRAIL,
        "other accounts to which the request says that its configuration sends copies, lists or events",
        "settings.destination_accounts",
    ),
    "s3.retention_days": Fact(
        "number", _TRAIL, "days for which the request locks objects by Object Lock", "settings.retention_days"
    ),
    "s3.expiry_days": Fact(
        "number",
        _TRAIL,
        "fewest days after which an enabled lifecycle rule in the request deletes objects",
        "settings.expiry_days",
    ),
    "s3.unrecorded_buckets": Fact(
        "list",
        _TRAIL,
        "watched buckets of whose objects not all calls are recorded by the event selectors that the request"
        " puts on a trail; absent for a trail of this account that is not the deployment's",
        "settings.unrecorded_buckets",
    ),
    "s3.unrecorded_changes": Fact(
        "bool",
        _TRAIL,
        "whether the event selectors that the request puts on a trail leave out management events by which"
        " buckets and trails are changed; absent for any other request",
        "settings.unrecorded_changes",
    ),
    "s3.first_seen": Fact(
        "bool",
        _REQUESTS,
        "whether no detection has matched an access by the actor to this label in the 90 days before, earlier"
        " ones within six hours not counted; absent while that is learned, for two weeks",
        "earlier.first_seen",
    ),
    "s3.last_seen_days": Fact(
        "number",
        _REQUESTS,
        "days since the last access by the actor to this label that a detection matched; absent if there was"
        " none in 90 days",
        "earlier.last_seen_days",
    ),
    "s3.new_network": Fact(
        "bool",
        _REQUESTS,
        "as s3.first_seen, of the country or VPC endpoint that the actor comes from, whatever the label",
        "earlier.new_network",
    ),
    "s3.new_client": Fact(
        "bool",
        _REQUESTS,
        "as s3.first_seen, of the program that the actor uses, whatever the label",
        "earlier.new_client",
    ),
    "s3.feed": Fact("text", _ALL, "cloudtrail, access-log or s3-event"),
}

# Facts that depend on earlier accesses: known only once an access has matched all else of a detection.
STATEFUL: frozenset[str] = frozenset(
    {"s3.first_seen", "s3.last_seen_days", "s3.new_network", "s3.new_client"}
)

# Record members that are read without decoding the whole record, with their attributes: of Record and of
# RequestParameters.
RECORD_MEMBERS: dict[str, str] = {
    "eventName": "event_name",
    "eventSource": "event_source",
    "eventTime": "event_time",
    "eventType": "event_type",
    "eventID": "event_id",
    "requestID": "request_id",
    "awsRegion": "region",
    "sourceIPAddress": "source_ip",
    "userAgent": "user_agent",
    "errorCode": "error_code",
    "errorMessage": "error_message",
    "recipientAccountId": "recipient",
    "vpcEndpointId": "vpc_endpoint",
}
REQUEST_MEMBERS: dict[str, str] = {
    "requestParameters.bucketName": "bucket",
    "requestParameters.key": "key",
    "requestParameters.x-amz-copy-source": "copy_source",
}

# Record members that records of other feeds have too; all others exist in CloudTrail's only.
SHARED_MEMBERS: dict[str, frozenset[Feed]] = {
    "eventName": _ALL,
    "eventSource": _ALL,
    "eventTime": _ALL,
    "requestID": _ALL,
    "sourceIPAddress": _ALL,
    "userAgent": _REQUESTS,
    "errorCode": _ALL,
    "requestParameters.bucketName": _ALL,
    "requestParameters.key": _ALL,
}


def feeds_of(field: str) -> frozenset[Feed]:
    """Return the feeds that carry a fact or a record member."""
    return FACTS[field].feeds if field in FACTS else SHARED_MEMBERS.get(field, _TRAIL)
