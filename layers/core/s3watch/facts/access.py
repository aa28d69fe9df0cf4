"""One access: the facts of a record, each computed when it is first read."""

# ruff: noqa: D102  # fields.FACTS documents each fact, for people and for the compiler
from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any

from msgspec import Raw

from s3watch.earlier import UNKNOWN, Earlier
from s3watch.facts import authentication, network, resources
from s3watch.facts.acts import Act, name_act
from s3watch.facts.expectations import find_uncovered
from s3watch.facts.field_paths import getter
from s3watch.facts.identity import Caller, identify
from s3watch.facts.lazy_property import lazy
from s3watch.facts.operations import classify_event, read_outcome
from s3watch.facts.origin.aws_ranges import is_outside
from s3watch.facts.origin.workload import Workload, read_workload
from s3watch.facts.requests import access_grants, own_parts
from s3watch.facts.requests.requested_settings import RequestedSettings
from s3watch.facts.user_agents import name_client
from s3watch.ruleset import AwsRanges, Label, Severity, most_severe
from s3watch.sources.cloudtrail import Additional, Members, Record, decode_loosely, read_text, unwrap_single
from s3watch.times import local_hour, local_weekday, read_time


class Access:
    """One access to S3 by one caller; the catalogue sets its labels.

    Facts that are `known` already (sides of a copy, keys of a batch delete) are not computed from the record.
    """

    __slots__ = ("__dict__", "bucket_labels", "feed", "labels", "raw", "record", "zone")  # a third faster
    peer_uri: str | None = None
    log_bucket, stack, home = False, "", ""  # set as the labels are; s3watch's stack, the buckets' account
    leaves_label: bool | None = None  # as above
    ranges: AwsRanges | None = None  # as above
    earlier: Earlier = UNKNOWN  # set by the ledger
    others: int = 0  # objects that the request deleted without an access of their own; -1: they will have one

    def __init__(
        self, record: Record, raw: bytes | Raw, feed: str = "cloudtrail", zone: tzinfo = UTC, **known: Any
    ) -> None:
        self.record, self.raw, self.feed, self.zone = record, raw, feed, zone
        self.labels: tuple[Label, ...] = ()
        self.bucket_labels: tuple[Label, ...] = ()
        for name, value in known.items():
            setattr(self, name, value)

    @lazy
    def resources(self) -> list[resources.Resource]:
        return resources.read_resources(self.record.resources)

    @lazy
    def bucket(self) -> str | None:
        named = self.record.request.bucket if self.record.request else None
        if named and not resources.is_access_point(named):
            return named
        return resources.find_bucket(self.resources) or named or self.granted.bucket

    @lazy
    def granted(self) -> access_grants.Scope:  # by a call that names its bucket in its body
        return access_grants.scope_of(self.record.event_name, self.field)

    @lazy
    def key(self) -> str | None:
        named = self.record.request.key if self.record.request else None
        return named or resources.find_key(self.resources) or self.granted.key

    @lazy
    def version(self) -> str | None:
        return read_text(self.field("requestParameters.versionId"))

    @lazy
    def prefix(self) -> str:
        """The prefix that was listed or granted, none of a batch delete; empty is the whole bucket."""
        request = self.record.request if self.record.event_name != "DeleteObjects" else None
        named = (request and request.prefix) or self.granted.prefix
        return named or resources.find_prefix(self.resources) or ""

    @lazy
    def uri(self) -> str | None:
        return f"s3://{self.bucket}/{self.key or ''}" if self.bucket else None

    @lazy
    def bucket_account(self) -> str | None:
        return self._named_account or self.home or resources.infer_account(self.caller, self.record.recipient)

    @lazy
    def _named_account(self) -> str | None:
        return resources.find_bucket_account(resources.read_resources(self.record.resources), self.bucket)

    @lazy
    def own(self) -> own_parts.Part:  # of s3watch's own stack
        return own_parts.find_part(self.stack, self.record.event_source, self.record.event_name, self.field)

    @lazy
    def operation(self) -> str:
        return self._meaning[0]

    @lazy
    def scope(self) -> str:
        return self._meaning[1]

    @lazy
    def _meaning(self) -> tuple[str, str]:
        return classify_event(self.record.event_name, self.record.event_source, self.bucket, self.key)

    @lazy
    def outcome(self) -> str:
        return read_outcome(self.record.error_code or None)

    @lazy
    def act(self) -> Act:
        return name_act(self)

    @lazy
    def dedupe_key(self) -> tuple[str | None, ...]:  # by which a request's records count as one access
        request = self.record.request_id or self.record.event_id
        return request, self.operation, self.bucket, self.key, self.version

    @lazy
    def event_ids(self) -> tuple[str, ...]:
        return (self.record.event_id,) if self.record.event_id else ()

    # what the catalogue says about it
    @lazy
    def label_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)

    @lazy
    def bucket_label_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.bucket_labels)

    @lazy
    def uncovered_labels(self) -> tuple[Label, ...]:
        return find_uncovered(self._judging, self)

    @lazy
    def _judging(self) -> tuple[Label, ...]:  # a request about the bucket itself, all of its labels
        return self.bucket_labels if self.scope == "bucket" else self.labels

    @lazy
    def expected(self) -> bool | None:
        return not self.uncovered_labels if self._judging else None

    @lazy
    def decoy(self) -> bool:
        return any(label.is_decoy for label in self.labels)

    @lazy
    def _leading(self) -> Label | None:  # of the uncovered ones, else of all, else of the bucket's
        return most_severe(self.uncovered_labels or self.labels or self.bucket_labels)

    @lazy
    def label_severity(self) -> Severity | None:
        return self._leading.severity if self._leading else None

    @lazy
    def label_owner(self) -> str | None:
        return (self._leading.owner or None) if self._leading else None

    # who did it, and how
    @lazy
    def caller(self) -> Caller:
        return identify(bytes(self.record.identity), self._named_account or self.record.recipient)

    @lazy
    def principal(self) -> str:
        return self.caller.principal

    @lazy
    def accountable(self) -> str:
        return self.caller.issuer or self.caller.principal

    @lazy
    def principal_type(self) -> str:
        return self.caller.type

    @lazy
    def actor(self) -> str:
        return self.caller.actor

    @lazy
    def caller_account(self) -> str | None:
        return self.caller.account

    @lazy
    def workload(self) -> Workload:  # that the credentials were made for
        return read_workload(bytes(self.record.identity))

    @lazy
    def cross_account(self) -> bool | None:
        return resources.is_foreign(self.caller, self.bucket_account)

    @lazy
    def additional(self) -> Additional:
        return self.record.additional or Additional()

    @lazy
    def auth(self) -> str | None:
        anonymous = self.principal_type == "anonymous"
        return authentication.name_authentication(self.additional, anonymous=anonymous)

    @lazy
    def presigned(self) -> bool | None:
        is_shared = self.auth == "query" and (self.console is False or not self.presigned_briefly)
        return None if self.auth is None else is_shared

    @lazy
    def presigned_briefly(self) -> bool:
        return self.presign_expires is not None and self.presign_expires <= authentication.CONSOLE_SECONDS

    @lazy
    def presign_expires(self) -> int | None:
        return authentication.read_count(unwrap_single(self.field("requestParameters.X-Amz-Expires")))

    @lazy
    def console(self) -> bool | None:
        return authentication.read_console(self.field)

    @lazy
    def like_console(self) -> bool:
        return authentication.looks_like_console(self.field, self.caller)

    @lazy
    def client(self) -> str:
        return name_client(self.record.user_agent)

    @lazy
    def tls(self) -> str | None:
        version = authentication.read_tls(self.record.tls)
        return version or (authentication.NO_TLS if authentication.lacks_tls(self.field) else None)

    @lazy
    def endpoint(self) -> network.Endpoint:
        return network.read_endpoint(self.vpce, self.field)

    @lazy
    def network_kind(self) -> str:
        return network.name_network(self.record.source_ip, self.vpce, own=self.endpoint.is_own)

    @lazy
    def ip(self) -> str | None:
        return network.read_ip(self.record.source_ip)

    @lazy
    def country(self) -> str | None:  # an owner of a VPC may use any address in it
        return network.find_country(self.ip) if self.ip and self.network_kind == "ip" else None

    @lazy
    def outside_aws(self) -> bool | None:
        return is_outside(self.network_kind, self.ip, self.vpce, self.ranges)

    @lazy
    def vpce(self) -> str | None:
        return self.record.vpc_endpoint or None

    @lazy
    def bytes_in(self) -> int | None:
        return authentication.read_count(self.additional.bytes_in)

    @lazy
    def bytes_out(self) -> int | None:
        return authentication.read_count(self.additional.bytes_out)

    @lazy
    def time(self) -> float | None:  # of the event, in epoch seconds
        return read_time(self.record.event_time)

    @lazy
    def hour(self) -> int | None:
        return local_hour(self.time, self.zone)

    @lazy
    def weekday(self) -> str | None:
        return local_weekday(self.time, self.zone)

    @lazy
    def settings(self) -> RequestedSettings:
        owner = self._named_account or self.record.recipient
        return RequestedSettings(self.record.event_name, self.field, owner, self.time)

    @lazy
    def document(self) -> dict[str, Any]:
        return decode_loosely(self.raw)

    @lazy
    def members(self) -> Members:
        return Members(self.record, self.raw)

    def field(self, name: str) -> Any:
        """Return an `s3.` fact or a member of the record by its dotted name; None if it is absent.

        A name that leads through a list of objects gives the list of all their values.
        Raises KeyError for an `s3.` name that is not a fact.
        """
        return getter(name)(self)
