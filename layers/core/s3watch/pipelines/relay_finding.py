"""Relays findings of other AWS services from EventBridge events to the ledger: parse -> label -> record once.

Every event is counted by its result, so that none can get lost unnoticed: received = relayed + known +
ignored + failed (+ unrecorded, which are retried).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from s3watch.alerts.alert import Evidence
from s3watch.detection.catalogue import Catalogue
from s3watch.errors import UnavailableError, describe
from s3watch.facts.expectations import is_expected_anywhere
from s3watch.findings.events import read
from s3watch.findings.finding import Finding, Ignored, Kind, Target
from s3watch.ledger.counters import Sums
from s3watch.ledger.groups import Group, Tally, group_id
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.principals import GroupKey
from s3watch.ruleset import Label, Ruleset, Severity, rank
from s3watch.times import window_start

WAY = "findings"  # see counters.Counters
# Kinds of findings whose severity is raised to that of a label.
RAISED_BY_LABEL: tuple[Kind, ...] = ("threat", "sequence", "policy", "malware", "exposure")


@dataclass(slots=True)
class Relayed:
    """The result of one batch; events are named by the ids that the caller gave them."""

    received: int = 0
    relayed: int = 0
    known: int = 0  # copies, and updates without anything new
    failed: int = 0
    ignored: Counter[str] = field(default_factory=Counter)  # not reported on purpose, by reason
    unreadable: dict[str, str] = field(default_factory=dict)  # id: reason
    unrecorded: set[str] = field(default_factory=set)  # ids to retry, because the ledger was unavailable
    trouble: str = ""  # with the ledger, if events are unrecorded

    @property
    def balanced(self) -> bool:
        """Whether every event received is accounted for."""
        read = self.relayed + self.known + len(self.unrecorded)
        return self.received == read + self.ignored.total() + self.failed

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of events for the metrics, by result."""
        return {
            "received": self.received,
            "relayed": self.relayed,
            "known": self.known,
            "ignored": self.ignored.total(),
            "failed": self.failed,
        }

    def reject(self, unreadable: Mapping[str, str]) -> None:
        """Count events as failed because they cannot be parsed; `unreadable` has the reason for each id."""
        self.failed += len(unreadable)
        self.unreadable |= unreadable


class Relay:
    """Records findings about S3 in the ledger; those about buckets outside the catalogue if `elsewhere`.

    Of findings about credentials, those of whom the catalogue expects somewhere, and of the root user: others
    have no business with sensitive objects, and what they do there is detected by itself.
    """

    def __init__(self, ruleset: Ruleset, ledger: Ledger, *, elsewhere: bool = True) -> None:
        self._catalogue, self._every_label = Catalogue(ruleset), ruleset.labels
        self._ledger = ledger
        self._elsewhere = elsewhere

    def run(self, events: Sequence[tuple[str, bytes]], now: float) -> Relayed:
        """Relay events, each with an id; if the ledger is unavailable, that and later ones are unrecorded."""
        outcome = Relayed(received=len(events))
        for number, (name, event) in enumerate(events):
            try:
                self._take(read(event), outcome, now)
            except UnavailableError as error:
                outcome.unrecorded |= {left for left, _ in events[number:]}
                outcome.trouble = str(error)
                break
            except Exception as error:  # noqa: BLE001  # reported with the event, in the dead-letter queue
                outcome.reject({name: describe(error)})
        return outcome

    def _take(self, finding: Finding | Ignored, outcome: Relayed, now: float) -> None:
        if isinstance(finding, Ignored):
            outcome.ignored[finding.reason] += 1
        elif finding.sample:
            outcome.ignored["sample"] += 1
        elif finding.kind == "credentials" and not self._reaches_labels(finding):
            outcome.ignored["credentials that nobody expects"] += 1
        elif self._is_elsewhere(finding) and not self._elsewhere:
            outcome.ignored["bucket not watched"] += 1
        else:
            self._relay(finding, outcome, now)

    def _is_elsewhere(self, finding: Finding) -> bool:
        named = [target.bucket for target in finding.targets]
        return bool(named) and not any(map(self._catalogue.of_bucket, named))

    def _reaches_labels(self, finding: Finding) -> bool:
        of_targets = any(self._labels(target) for target in finding.targets)
        return of_targets or finding.principal_type == "root" or bool(self._expecting(finding))

    def _expecting(self, finding: Finding) -> list[Label]:
        return [each for each in self._every_label if is_expected_anywhere(each, finding.principal)]

    def _relay(self, finding: Finding, outcome: Relayed, now: float) -> None:
        target, label = self._main_target(finding)
        key = group_key(finding, label)
        known = _known(self._ledger.store.group(key.group))
        if known is None and finding.is_closed:
            outcome.ignored["closed before it was reported"] += 1
        elif known and not finding.adds_to(known):
            outcome.known += 1
        else:
            self._ledger.record_tally(key, finding.claim, tally(finding, target, label, now), WAY, now)
            outcome.relayed += 1

    def _main_target(self, finding: Finding) -> tuple[Target | None, Label | None]:
        """Choose the target that the alert names: the one with the most severe label, else the first.

        Credentials were perhaps used elsewhere: then the label is the most severe of those that they reach.
        """
        labelled = [(target, label) for target in finding.targets for label in self._labels(target)]
        if labelled:
            return max(labelled, key=lambda pair: rank(pair[1].severity))
        reached = self._expecting(finding) if finding.kind == "credentials" else ()
        return next(iter(finding.targets), None), max(
            reached, key=lambda one: rank(one.severity), default=None
        )

    def _labels(self, target: Target) -> tuple[Label, ...]:
        if target.key:
            return self._catalogue.of_object(target.bucket, target.key)
        return self._catalogue.of_bucket(target.bucket)


def _known(group: Group | None) -> Finding | None:
    return group.evidence.finding if group else None


def group_key(finding: Finding, label: Label | None) -> GroupKey:
    """Return the group of a finding; it depends on the thread only, so that all updates find it."""
    start = window_start(finding.opened)
    group = group_id((f"finding {finding.thread}",), start)
    return GroupKey(group, label.name if label else "", label.owner if label else "")


def severity(finding: Finding, label: Label | None) -> Severity:
    """Return the higher of the finding's and the label's severity, as for an access that succeeded.

    The label does not count if nothing succeeded, or if the kind of finding does not mean that something
    sensitive was accessed or exposed; that an object holds sensitive data, the label says already.
    """
    if label is None or finding.outcome != "success" or finding.kind not in RAISED_BY_LABEL:
        return finding.severity
    return max(finding.severity, label.severity, key=rank)


def tally(finding: Finding, target: Target | None, label: Label | None, now: float) -> Tally:
    """Summarize one event about a finding for its group."""
    return Tally(
        level=severity(finding, label),
        rules=(finding.rule,),
        evidence=evidence(finding, target, now),
        sums=Sums({"finding": 1}),
        first=finding.first or finding.updated or now,
        last=finding.last or finding.updated or now,
        keys=tuple(each.key for each in finding.targets if each.key),
        ips=(finding.ip,) if finding.ip else (),
        labels=(label.name,) if label else (),
        acts=("finding",),
    )


def evidence(finding: Finding, target: Target | None, now: float) -> Evidence:
    """Return the facts an alert shows in full.

    The time is when the service reported the finding, so that the group's `late` is our own delay.
    """
    return Evidence(
        time=finding.updated or now, event_id=finding.event_id, request_id="", event_name=finding.api,
        operation="finding", act="finding", scope="object" if target and target.key else "bucket",
        outcome=finding.outcome,
        region=finding.region, error_code=finding.error_code,
        bucket=target.bucket if target else "", key=target.key if target else "",
        version=target.version if target else "",
        actor=finding.actor, actor_verified=finding.actor_verified, claim_source=finding.claim_source,
        principal=finding.principal, principal_type=finding.principal_type,
        caller_account=finding.caller_account, bucket_account=finding.account,
        network_kind="ip" if finding.ip else "", ip=finding.ip, user_agent=finding.user_agent,
        access_key=finding.access_key, event_source=finding.api_source, finding=finding,
    )  # fmt: skip
