from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from s3watch.alerts.alert import Assumed, Assumer, Evidence
from s3watch.enrichment.assumptions import Session
from s3watch.enrichment.sessions import KEPT, LAG, MOST_ASKED, STEPS, Sessions
from s3watch.enrichment.source import Source
from s3watch.errors import CrowdedError, RefusedError, ThrottledError, UnavailableError

from tests.support.assumptions import BEGAN, KEY
from tests.support.cloudtrail import OTHER, OWNER
from tests.support.sample_alerts import make_evidence

LATER = BEGAN + LAG
ALICE = Assumer("AssumeRole", actor="user/alice", principal="user/alice", principal_type="user")
ROLE: dict[str, Any] = {
    "actor": "role/Analyst", "principal": "role/Analyst", "principal_type": "role",
    "caller_account": OWNER, "access_key": KEY, "session_began": BEGAN,
}  # fmt: skip


def role(key: str, **changes: Any) -> Assumer:
    """A role that assumed the next one of a chain, with this key."""
    return Assumer("AssumeRole", **ROLE | {"access_key": key} | changes)


class Histories:
    """The histories of two Regions: what is found in each by key, and for which keys they were asked."""

    def __init__(self, *found: Mapping[str, Assumer | Exception]) -> None:
        self.asked = list[str]()
        histories = (self._history(f"region-{number}", each) for number, each in enumerate(found))
        self.sessions = Sessions(OWNER, *histories)

    def _history(self, name: str, found: Mapping[str, Assumer | Exception]) -> Source[Assumer, Session]:
        def read(session: Session) -> Assumer | None:
            self.asked.append(f"{name} {session}")
            answer = found.get(session.key)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return Source(name, read, lambda *_: None, kept=KEPT, most=MOST_ASKED)

    def find(self, now: float = LATER, **facts: Any) -> Assumed | None:
        return self.sessions.find(evidence(**facts), now)


def evidence(**facts: Any) -> Evidence:
    return make_evidence(**ROLE | facts)


def test_who_assumed_a_role_is_found_by_the_key_of_its_session():
    histories = Histories({KEY: ALICE})

    assert histories.find() == Assumed((ALICE,))
    assert histories.asked == [f"region-0 {KEY}"]


@pytest.mark.parametrize(
    "facts",
    [
        {"principal_type": "user", "access_key": "AKIAEXAMPLE"},
        {"actor": "alice@example.com", "actor_verified": True},
        {"workload": "lambda", "workload_certain": True},
        {"caller_account": OTHER},
        {"access_key": ""},
        {"session_began": None},
        {"console": True},
        {"network_kind": "aws-service"},
    ],
    ids=[
        "a user", "a person of Identity Center", "a function that CloudTrail names", "another account's",
        "no key", "no beginning", "the console", "through a service",
    ],
)  # fmt: skip
def test_where_nobody_is_behind_or_no_history_can_have_it_nothing_is_asked(facts: dict[str, Any]):
    histories = Histories({KEY: ALICE})

    assert (histories.find(**facts), histories.asked) == (None, [])


@pytest.mark.parametrize(
    "facts",
    [
        {"actor": "ceo@example.com", "claim_source": "source identity"},
        {"workload": "ec2", "workload_holder": "i-0a1b2c3d4e5f67890"},
    ],
    ids=["a source identity", "an instance by its session's name"],
)
def test_what_the_caller_only_claims_is_looked_up(facts: dict[str, Any]):
    assert Histories({KEY: ALICE}).find(**facts) == Assumed((ALICE,))


def test_what_our_region_does_not_have_may_be_in_that_of_the_global_endpoint():
    histories = Histories({}, {KEY: ALICE})

    assert histories.find() == Assumed((ALICE,))
    assert histories.asked == [f"region-0 {KEY}", f"region-1 {KEY}"]


@pytest.mark.parametrize(
    ("now", "why"), [(LATER - 1, "not yet"), (LATER, "not found")], ids=["at first", "later"]
)
def test_what_no_history_has_may_still_come(now: float, why: str):
    assert Histories({}, {}).find(now) == Assumed(unread=why)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RefusedError("CloudTrail: AccessDenied"), "not here"),
        (UnavailableError("CloudTrail: Could not connect"), "no answer"),
    ],
    ids=["refused", "away"],
)
def test_what_another_region_does_not_say_counts_once_ours_would_have_it(error: Exception, why: str):
    assert Histories({}, {KEY: error}).find(LATER - 1) == Assumed(unread="not yet")
    assert Histories({}, {KEY: error}).find(LATER) == Assumed(unread=why)


def test_sessions_named_after_the_key_in_another_region_are_told_at_once():
    error = CrowdedError("CloudTrail: more than 100 events")

    assert Histories({}, {KEY: error}).find(LATER - 1) == Assumed(unread="decoys")


def test_a_chain_of_roles_is_followed_to_whoever_began_it():
    histories = Histories({KEY: role("ASIAJUMP"), "ASIAJUMP": ALICE})

    assert histories.find() == Assumed((role("ASIAJUMP"), ALICE))


def test_a_chain_ends_where_aws_vouches_for_the_caller():
    person = role("ASIAJUMP", actor="alice@example.com", actor_verified=True)
    histories = Histories({KEY: person, "ASIAJUMP": ALICE})

    assert histories.find() == Assumed((person,))


def test_that_a_chain_is_longer_than_is_looked_up_is_told():
    chain = {KEY: role("ASIA1"), "ASIA1": role("ASIA2"), "ASIA2": ALICE}
    histories = Histories(chain)

    assert histories.find() == Assumed((role("ASIA1"), role("ASIA2")), "longer")
    assert len(histories.asked) == STEPS


def test_a_chain_that_leads_to_itself_ends():
    assert Histories({KEY: role(KEY)}).find() == Assumed((role(KEY), role(KEY)), "longer")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RefusedError("CloudTrail: AccessDenied"), "refused"),
        (UnavailableError("CloudTrail: read timeout"), "no answer"),
        (ThrottledError("CloudTrail: ThrottlingException"), "busy"),
        (KeyError("Events"), "not understood"),
        (CrowdedError("CloudTrail: more than 100 events"), "decoys"),
    ],
    ids=["refused", "away", "throttled", "another shape", "sessions named after the key"],
)
def test_why_nobody_is_known_is_told_also_in_the_middle_of_a_chain(error: Exception, why: str):
    assert Histories({KEY: error}, {KEY: ALICE}).find() == Assumed(unread=why)
    assert Histories({KEY: role("ASIAJUMP"), "ASIAJUMP": error}).find() == Assumed((role("ASIAJUMP"),), why)


def test_a_session_is_looked_up_once_in_its_life():
    histories = Histories({KEY: ALICE})
    for later in (0, 1, KEPT - 1):
        assert histories.find(LATER + later) == Assumed((ALICE,))

    assert len(histories.asked) == 1


def test_a_batch_looks_up_few_sessions():
    histories = Histories({f"ASIA{number}": ALICE for number in range(MOST_ASKED + 1)})
    found = [histories.find(access_key=f"ASIA{number}") for number in range(MOST_ASKED + 1)]

    assert found == [Assumed((ALICE,))] * MOST_ASKED + [Assumed(unread="too many")]
