"""A verdict by a button in the chat, on both stores."""

from __future__ import annotations

from typing import Any

import pytest
from s3watch.alerts.alert import Verdict
from s3watch.alerts.chat_token import Shown, write
from s3watch.errors import RefusedError
from s3watch.ledger.groups import Group
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.store import Store
from s3watch.pipelines.take_verdict import take_verdict

from tests.support.sensitive import NOW, make_hits, make_reads

KEY = b"k" * 32
ROLE = "arn:aws:iam::111122223333:role/Channel"


@pytest.fixture
def group(store: Store) -> Group:
    Ledger(store).record(make_hits(*make_reads(1)), "events", NOW)
    (identity,) = store.due_groups(NOW + 1e9)
    found = store.group(identity)
    assert found
    return found


def take(store: Store, verdict: Any, shown: Shown, key: bytes = KEY) -> str:
    return take_verdict(store, KEY, ROLE, {"alert": write(shown, key), "verdict": verdict}, NOW + 60)


def test_it_is_stored_as_given_by_the_channels_role(store: Store, group: Group):
    said = take(store, "expected", Shown(group.id, 1))
    judged = store.group(group.id)

    assert said == f"{group.id} is expected: only worse news and its end are told"
    assert judged.verdict == Verdict("expected", ROLE, NOW + 60, "in the chat")


def test_a_true_positive_stays_open(store: Store, group: Group):
    assert take(store, "true-positive", Shown(group.id, 1)).endswith("is true-positive: it stays open")


def test_what_a_later_message_told_nobody_has_judged_by_an_earlier_one(store: Store, group: Group):
    with pytest.raises(RefusedError, match="a later message tells more; judge that one"):
        take(store, "expected", Shown(group.id, 2))

    assert store.group(group.id).verdict is None


@pytest.mark.parametrize("verdict", ["fine", "", None, ["expected"]], ids=["other", "empty", "none", "list"])
def test_another_word_is_no_verdict(store: Store, group: Group, verdict: Any):
    with pytest.raises(RefusedError, match="a verdict is one of expected, false-positive, true-positive"):
        take(store, verdict, Shown(group.id, 1))


def test_what_the_chat_has_not_shown_nobody_judges_there(store: Store, group: Group):
    with pytest.raises(RefusedError, match="this is no alert that the chat has shown"):
        take(store, "expected", Shown(group.id, 1), key=b"other")

    assert store.group(group.id).verdict is None


def test_an_alert_that_is_gone_is_refused(store: Store):
    with pytest.raises(RefusedError, match="01A: the alert is not there any more"):
        take(store, "expected", Shown("01A", 1))
