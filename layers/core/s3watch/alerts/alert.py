"""The alert: one message about one group, with all the facts that e-mail, chat and OCSF are written from."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from s3watch.correlation import CorrelationType
from s3watch.earlier import UNKNOWN, Earlier
from s3watch.facts.identity import ClaimSource
from s3watch.findings.finding import Finding
from s3watch.ruleset import Severity

# Alerts of these levels interrupt nobody: mail and chat have them in one digest in the morning
PATIENT: frozenset[Severity] = frozenset({"informational", "low"})
Kind = Literal["first", "worse", "rollup", "reopened", "closed"]  # reopened: a finding, by its service
Versioning = Literal["", "enabled", "suspended", "never", "gone"]
PublicState = Literal["yes", "perhaps", "no", "unknown"]
Judgement = Literal["expected", "false-positive", "true-positive"]
CLOSING: tuple[Judgement, ...] = ("expected", "false-positive")
MOST_NAMES = 50  # members of a list in an alert; of grantees and the like, the number of the others is kept


class Review(Struct, frozen=True, omit_defaults=True):
    """What a review of a bucket's settings found, in words; `before` and `after` say who has access."""

    action: str  # for headlines: "opened", "closed", "found"
    remark: str = ""  # for headlines, after the bucket: "to everyone"
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    correction: tuple[str, ...] = ()  # what was corrected, or why it was not
    corrected: bool = False  # True: `after` is the state before the correction
    finder: str = ""  # "AWS Config" or "s3watch", if no recorded call triggered the review
    reason: str = ""  # what AWS Config reported
    by_others: bool = False  # True: the call that triggered the review cannot have opened the bucket


class Correlated(Struct, frozen=True, omit_defaults=True):
    """What a correlation had counted when it fired: more may have come since."""

    rule: str
    type: CorrelationType
    much: int  # accesses, distinct values, a sum, or rules
    timespan: int  # seconds
    field: str = ""  # whose values were counted or added up


class PublicAccess(Struct, frozen=True, omit_defaults=True):
    """Whether everyone may use the bucket, by its policy or ACL; who else may is not said."""

    state: PublicState
    ways: tuple[str, ...] = ()  # in words: "everyone may list (ACL)"
    unread: str = ""  # why it is not certain: see enrichment.source


class BucketFacts(Struct, frozen=True, omit_defaults=True):
    """What S3 said of the bucket when the access was told; see enrichment.source for why it did not."""

    versioning: Versioning = ""  # empty: it is not known; gone: there is no such bucket any more
    unread: str = ""  # why that is
    tags: tuple[str, ...] = ()  # some of them, as enrichment.tags chooses and writes them: "owner=hr"
    public: PublicAccess | None = None  # None: nothing was asked


class Assumer(Struct, frozen=True, omit_defaults=True):
    """Who got a session of a role from STS, by the record of that call: facts as Evidence names them."""

    event_name: str  # "AssumeRole"
    event_id: str = ""
    actor: str = ""
    actor_verified: bool = False
    claim_source: ClaimSource = ""
    issuer: str = ""
    principal: str = ""
    principal_type: str = ""
    principal_id: str = ""  # of another account's principal, whose name is not recorded
    caller_account: str = ""
    provider: str = ""  # the identity provider of a federated user, by its ARN or address
    arn: str = ""
    access_key: str = ""
    session_began: float | None = None
    mfa: bool | None = None
    workload: str = ""
    workload_holder: str = ""
    workload_certain: bool = False
    network_kind: str = ""
    ip: str = ""
    country: str = ""
    vpce: str = ""
    vpce_account: str = ""  # as Evidence has it
    user_agent: str = ""  # of a call that an AWS service made: which one


class Assumed(Struct, frozen=True, omit_defaults=True):
    """Who is behind a role's session, as CloudTrail's event history said when the access was told."""

    by: tuple[Assumer, ...] = ()  # who assumed the role, then whoever assumed the role of that one
    unread: str = ""  # why nobody is known, or nobody behind the last one: see enrichment.sessions

    @property
    def may_come(self) -> bool:
        """Whether it may be known when the next message about the access is told."""
        return self.unread in ("not yet", "no answer", "busy", "decoys", "too many")


class Evidence(Struct, frozen=True, omit_defaults=True):
    """The access an alert shows in full: facts only, with text as AWS wrote it (clean it when rendering)."""

    time: float  # epoch seconds, of the event
    event_id: str
    request_id: str
    event_name: str
    operation: str
    scope: str
    outcome: str
    act: str = "other"  # as facts.acts names it
    region: str = ""
    error_code: str = ""
    error_message: str = ""
    bucket: str = ""
    key: str = ""
    prefix: str = ""  # of the keys that an access grant is about
    version: str = ""
    peer_uri: str = ""  # the other side of a copy
    actor: str = ""
    actor_verified: bool = False  # whether AWS vouches for the actor's name
    claim_source: ClaimSource = ""  # by what the caller claims the actor's name
    issuer: str = ""  # whose credentials made a federated user
    principal: str = ""
    principal_type: str = ""
    caller_account: str = ""
    bucket_account: str = ""
    account_names: tuple[tuple[str, str], ...] = ()  # of accounts named here: how the catalogue calls them
    mfa: bool | None = None
    workload: str = ""  # the kind that the credentials were made for, as s3.workload_role
    workload_holder: str = ""  # its ARN, or the id of an instance
    workload_certain: bool = False  # AWS says so, not only the session's name
    outside_aws: bool | None = None
    network_kind: str = ""
    ip: str = ""
    country: str = ""  # in which the address is registered
    as_number: int | None = None  # of the autonomous system that the address is in
    as_name: str = ""
    vpce: str = ""
    vpce_account: str = ""  # whose endpoint it is, if neither the caller's nor the bucket owner's
    client: str = ""
    user_agent: str = ""
    tls: str = ""
    auth: str = ""
    presigned: bool = False
    presigned_until: float | None = None  # epoch seconds
    perhaps_console: bool = False  # it may be one of the console's own, whose record does not say so
    like_console: bool = False  # it has every sign of one of these, which can be imitated
    console: bool = False
    signature: str = ""
    bytes_in: int | None = None
    bytes_out: int | None = None
    grants_public: bool | None = None
    grants_accounts: tuple[str, ...] = ()  # some of the grantees
    other_grantees: int = 0  # beyond those
    checked_grantees: int = 0  # of all: the first ones, who exist; the others may be made up in conditions
    grants_allowed: tuple[str, ...] = ()  # some of what a policy lets these do: "read (reports/*)"
    destination_accounts: tuple[str, ...] = ()  # some of the accounts to which a configuration sends data
    other_destinations: int = 0  # beyond those
    destination_buckets: tuple[str, ...] = ()  # some of the buckets to which it does; the record has no owner
    other_buckets: int = 0  # beyond those
    holds: tuple[str, ...] = ()  # labels in the bucket, if the access was to the bucket itself
    changes: tuple[str, ...] = ()  # settings that a request puts, as facts.requests.changes names them
    expiry_days: int | None = None  # after which a lifecycle rule deletes objects
    retention_days: int | None = None  # for which Object Lock keeps objects
    unrecorded_buckets: tuple[str, ...] = ()  # some of the watched ones that a trail's selectors leave out
    other_unrecorded: int = 0  # beyond those
    unrecorded_changes: bool = False  # the selectors leave out changes of buckets and trails
    keys_unknown: bool = False  # a batch delete whose keys did not arrive
    expected: bool | None = None
    expected_principals: tuple[str, ...] = ()  # some of those expected, as written in the catalogue
    other_expected: int = 0  # beyond those
    decoy: str = ""  # the name of the decoy that was touched
    event_source: str = ""  # "s3.amazonaws.com"
    arn: str = ""  # userIdentity.arn, by which the searches find this session
    access_key: str = ""  # userIdentity.accessKeyId, the key to disable
    session_began: float | None = None  # epoch seconds, of temporary credentials
    resource: str = ""  # the name or ARN of a trail, if the access was not to a bucket
    own_part: str = ""  # the kind of part of s3watch's own stack that `resource` names: "rule"
    review: Review | None = None  # what a review of the bucket's settings found
    finding: Finding | None = None  # the finding of another service, if the alert is not about an access
    correlated: Correlated | None = None  # why a correlation fired with it
    earlier: Earlier = UNKNOWN  # what is new about it
    bucket_facts: BucketFacts | None = None  # None: nothing was asked
    caller_tags: tuple[str, ...] = ()  # some of its role's or user's, as enrichment.tags writes them
    assumed: Assumed | None = None  # as above
    feed: str = "cloudtrail"  # where its record came from, as sources.feeds names it


class Verdict(Struct, frozen=True, omit_defaults=True):
    """What somebody decided that an alert is, of all that it said at that time."""

    judgement: Judgement
    by: str  # the ARN of the caller
    time: float  # epoch seconds
    note: str = ""
    overtaken: bool = False  # worse came after it: that is not judged
    # What the alert had said by then: how many accesses, the acts (as facts.acts names them), the detections
    count: int = 0
    acts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def closes(self) -> bool:
        """Whether nobody has to look at the alert any more, unless something worse comes."""
        return self.judgement in CLOSING and not self.overtaken


class Snooze(Struct, frozen=True, omit_defaults=True):
    """Until when somebody had the roll-ups of an alert held; times are epoch seconds."""

    until: float
    by: str  # the ARN of the caller
    time: float
    note: str = ""


class News(Struct, frozen=True, omit_defaults=True):
    """What a message says that no earlier one of its group has said."""

    acts: tuple[tuple[str, int], ...] = ()  # accesses by act, the gravest first
    rules: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    keys: int = 0  # distinct keys
    ips: int = 0  # addresses


class Alert(Struct, frozen=True, omit_defaults=True):
    """One message about one group: its first hit, something worse, a roll-up, or its end."""

    id: str  # of the group; shown as `Ref alert ...`, and OCSF's finding_info.uid
    kind: Kind
    sequence: int  # 1 for the first message of the group, then counting up
    level: Severity
    rule: str  # the detection of the highest level
    rules: tuple[str, ...]  # all detections that matched in this group
    actor: str
    principal: str
    account: str  # the bucket owner's
    region: str
    label: str  # of the catalogue; empty if the object has none
    owner: str
    bucket: str
    outcome: str
    evidence: Evidence
    count: int  # accesses so far
    exact: bool  # False: `count` may include copies of the same access, or miss some
    first: float  # epoch seconds of the earliest and latest event
    last: float
    window_end: float  # epoch seconds at which the group ends
    acts: tuple[tuple[str, int], ...] = ()  # accesses so far by act, the gravest first
    lasting: tuple[str, ...] = ()  # acts that outlast the request, as `describe_act` names them, and new
    news: News | None = None  # since the message before; None: this is the first one
    labels: tuple[str, ...] = ()  # all labels that were touched
    is_overflow: bool = False  # it stands for many groups of one principal
    keys: tuple[str, ...] = ()  # some of the keys, at most ten
    distinct_keys: int = 0
    keys_exact: bool = True  # False: more than `distinct_keys`
    ips: tuple[str, ...] = ()  # at most ten
    distinct_ips: int = 0
    ips_exact: bool = True  # False: more than `distinct_ips`
    bytes_in: int = 0
    bytes_out: int = 0
    late: float = 0  # seconds between the event and its arrival; 0 if not worth mentioning
    verdict: Verdict | None = None  # of a message after it was given
    snooze: Snooze | None = None  # the latest one, over or not
    is_state: bool = False  # it is about what lasts until somebody ends it: strangers reach something

    @property
    def uses_link(self) -> bool:
        """Whether this message shows the use of a link: by whoever has it, not by its signer."""
        one = self.evidence
        is_one = not (self.is_summary or self.is_overflow or one.review)
        return is_one and one.presigned and not one.perhaps_console and bool(one.ip)

    @property
    def decoy(self) -> str:
        """What to call the decoy that was touched: by its name, unless the alert has it as its label."""
        name = self.evidence.decoy
        return name and ("decoy" if name == self.label else f"decoy {name}")

    @property
    def is_summary(self) -> bool:
        """Whether this message summarizes many accesses instead of showing one."""
        return self.kind in ("rollup", "closed")
