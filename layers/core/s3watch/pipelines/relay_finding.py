"""Findings of other services, from EventBridge events to the ledger: read, labelled, told once.

Counted so that nothing can get lost unseen: received = relayed + known + ignored + failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from s3watch.alerts.alert import Evidence
from s3watch.detection.catalogue import Catalogue
from s3watch.errors import RecordError, UnavailableError
from s3watch.findings.events import read
from s3watch.findings.finding import Finding, Ignored, Kind, Target
from s3watch.ledger.groups import Group, Tally, group_id, rank
from s3watch.ledger.ledger import GroupKey, Ledger
from s3watch.ruleset import Label, Ruleset, Severity
from s3watch.times import window_start

WAY = "findings"  # see groups.Counters
RAISED_BY_LABEL: tuple[Kind, ...] = ("threat", "sequence", "policy", "malware", "exposure")


@dataclass(slots=True)
class Relayed:
    """What one batch came to; events are named by the ids the caller gave them."""

    received: int = 0
    relayed: int = 0
    known: int = 0  # copies, and updates that add nothing
    failed: int = 0
    ignored: Counter[str] = field(default_factory=Counter)  # knowingly not told, by reason
    unreadable: dict[str, str] = field(default_factory=dict)  # id: why
    unrecorded: set[str] = field(default_factory=set)  # to be tried again: the ledger was away

    @property
    def balanced(self) -> bool:
        """Whether every event received is accounted for."""
        told = self.relayed + self.known + len(self.unrecorded)
        return self.received == told + self.ignored.total() + self.failed

    @property
    def counts(self) -> dict[str, int]:
        """What to count in metrics."""
        return {
            "received": self.received,
            "relayed": self.relayed,
            "known": self.known,
            "ignored": self.ignored.total(),
            "failed": self.failed,
        }

    def reject(self, unreadable: Mapping[str, str]) -> None:
        """Count events that can not be read, with the reason for each."""
        self.failed += len(unreadable)
        self.unreadable |= unreadable


class Relay:
    """Tells of findings about S3: of all buckets, or of none `elsewhere` than in the catalogue."""

    def __init__(self, ruleset: Ruleset, ledger: Ledger, *, elsewhere: bool = True) -> None:
        self._catalogue = Catalogue(ruleset)
        self._ledger = ledger
        self._elsewhere = elsewhere

    def run(self, events: Sequence[tuple[str, bytes]], now: float) -> Relayed:
        """Judge events, each with an id; where the ledger is away, that and all later ones are left."""
        outcome = Relayed(received=len(events))
        for number, (name, event) in enumerate(events):
            try:
                self._take(read(event), outcome, now)
            except RecordError as error:
                outcome.reject({name: str(error)})
            except UnavailableError:
                outcome.unrecorded |= {left for left, _ in events[number:]}
                break
        return outcome

    def _take(self, finding: Finding | Ignored, outcome: Relayed, now: float) -> None:
        if isinstance(finding, Ignored):
            outcome.ignored[finding.reason] += 1
        elif finding.sample:
            outcome.ignored["sample"] += 1
        elif self._is_elsewhere(finding) and not self._elsewhere:
            outcome.ignored["bucket not watched"] += 1
        else:
            self._tell(finding, outcome, now)

    def _is_elsewhere(self, finding: Finding) -> bool:
        named = [target.bucket for target in finding.targets]
        return bool(named) and not any(map(self._catalogue.of_bucket, named))

    def _tell(self, finding: Finding, outcome: Relayed, now: float) -> None:
        target, label = self._subject(finding)
        where = group_key(finding, label)
        known = _known(self._ledger.store.group(where.group))
        if known is None and finding.is_closed:
            outcome.ignored["closed before it was reported"] += 1
        elif known and not finding.adds_to(known):
            outcome.known += 1
        else:
            self._ledger.record_tally(where, finding.claim, tally(finding, target, label, now), WAY, now)
            outcome.relayed += 1

    def _subject(self, finding: Finding) -> tuple[Target | None, Label | None]:
        """Choose what a finding is told of: the target with the gravest label, else the first."""
        labelled = [(target, label) for target in finding.targets for label in self._labels(target)]
        if labelled:
            return max(labelled, key=lambda pair: rank(pair[1].severity))
        return next(iter(finding.targets), None), None

    def _labels(self, target: Target) -> tuple[Label, ...]:
        if target.key:
            return self._catalogue.of_object(target.bucket, target.key)
        return self._catalogue.of_bucket(target.bucket)


def _known(group: Group | None) -> Finding | None:
    return group.evidence.finding if group else None


def group_key(finding: Finding, label: Label | None) -> GroupKey:
    """Find the group of a finding: its thread, whatever the label and whenever it is told again."""
    start = window_start(finding.opened)
    group = group_id("", f"finding {finding.thread}", "", start)
    return GroupKey(group, label.name if label else "", label.owner if label else "")


def severity(finding: Finding, label: Label | None) -> Severity:
    """Let a label raise a finding's severity, as it does that of an access; not where nothing succeeded.

    It raises nothing where a finding does not say that something sensitive was touched or opened: that an
    object is sensitive is what its label says already.
    """
    if label is None or finding.outcome != "success" or finding.kind not in RAISED_BY_LABEL:
        return finding.severity
    return max(finding.severity, label.severity, key=rank)


def tally(finding: Finding, target: Target | None, label: Label | None, now: float) -> Tally:
    """Make of one event about a finding what groups add up."""
    return Tally(
        level=severity(finding, label),
        rules=(finding.rule,),
        evidence=evidence(finding, target, now),
        count=1,
        first=finding.first or finding.updated or now,
        last=finding.last or finding.updated or now,
        keys=tuple(each.key for each in finding.targets if each.key),
        ips=(finding.ip,) if finding.ip else (),
    )


def evidence(finding: Finding, target: Target | None, now: float) -> Evidence:
    """Give the facts an alert shows in full; the time is when the service said it, so that `late` is ours."""
    return Evidence(
        time=finding.updated or now, event_id=finding.event_id, request_id="", event_name=finding.api,
        operation="finding", scope="object" if target and target.key else "bucket", outcome=finding.outcome,
        region=finding.region, error_code=finding.error_code,
        bucket=target.bucket if target else "", key=target.key if target else "",
        version=target.version if target else "",
        actor=finding.actor, principal=finding.principal, principal_type=finding.principal_type,
        caller_account=finding.caller_account, bucket_account=finding.account,
        network_kind="ip" if finding.ip else "", ip=finding.ip, user_agent=finding.user_agent,
        access_key=finding.access_key, event_source=finding.api_source, finding=finding,
    )  # fmt: skip
