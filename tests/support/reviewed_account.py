"""An account with one bucket and a ledger, in memory, whose reviewer reads and corrects it."""

from __future__ import annotations

from typing import Any

from s3watch.alerts.alert import Review
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.review_bucket import Buckets, Reviewer
from s3watch.posture.bucket_state import Block, State
from s3watch.posture.remediation import Remediation, after_correction
from s3watch.posture.review_state import Correction

from tests.support.bucket_states import EVERYONE, allow, make_acl, make_state
from tests.support.review_events import ROLE, make_change, make_schedule
from tests.support.sensitive import NOW, RULESET

PRIVATE, PUBLIC = make_state(), make_state(allow(), policy_public=True)
NOBODY = ("nobody outside the account",)
EVERYBODY = ("everyone may read (bucket policy)",)
RESTRICTED = Block(restrict_public_buckets=True)
OPEN_LIST = make_state(acl=make_acl((EVERYONE, "READ")))


class Account:
    """An account with one bucket, a ledger, and a reviewer of both."""

    def __init__(self, state: State | None, ruleset: Any = RULESET, **remedy: Any) -> None:
        self.state, self.corrections = state, list[str]()
        self.store = MemoryStore()
        self.ledger = Ledger(self.store)
        self.ruleset, self.remediation = ruleset, Remediation(**remedy, role=ROLE)
        self.reviewer = self.make_reviewer(self.read, self.correct)

    def make_reviewer(self, read: Any, correct: Any, *watched: str) -> Reviewer:
        buckets = Buckets(lambda: read, correct)
        return Reviewer(self.ruleset, self.ledger, buckets, watched or ("hr-data",), self.remediation)

    def read(self, bucket: str) -> State | None:
        return self.state

    def correct(self, bucket: str, correction: Correction) -> None:
        assert self.state
        self.corrections.append(correction.kind)
        self.state = after_correction(self.state, correction)

    def baseline(self) -> Account:
        """Review once, so that there is a state before."""
        self.run(make_schedule())
        return self

    def run(self, event: bytes, now: float = NOW) -> Any:
        return self.reviewer.run([("m", event)], now)

    @property
    def groups(self) -> list[Any]:
        return list(self.store.groups.values())

    @property
    def review(self) -> Review:
        """Return the review of the only group."""
        (group,) = self.groups
        return group.evidence.review


def changed(state: State, after: State, **options: Any) -> Account:
    """Return an account whose bucket was changed by PutBucketPolicy."""
    account = Account(state, **options).baseline()
    account.state = after
    account.run(make_change())
    return account
