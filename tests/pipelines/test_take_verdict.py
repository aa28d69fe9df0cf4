"""A verdict by a button in the chat, on both stores."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.alerts.alert import Verdict
from s3watch.alerts.chat_token import Shown, write
from s3watch.errors import RefusedError
from s3watch.ledger.groups import Group, closes_at
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import announce
from s3watch.ledger.store import Store
from s3watch.ledger.verdicts import give_verdict
from s3watch.pipelines.take_verdict import take_verdict

from tests.support.sensitive import NOW, make_hits, make_reads

KEY = b"k" * 32
ROLE = "arn:aws:iam::111122223333:role/Channel"
RULES = ("unexpected-access",)  # of make_reads(1)
CAROL = "arn:aws:sts::111122223333:assumed-role/Responder/carol"


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
    note = "by the token of a button in the chat"
    assert judged.verdict == Verdict("expected", ROLE, NOW + 60, note, count=1, acts=("read",), rules=RULES)


def test_a_true_positive_stays_open(store: Store, group: Group):
    assert take(store, "true-positive", Shown(group.id, 1)).endswith("is true-positive: it stays open")


def test_what_a_later_message_told_nobody_has_judged_by_an_earlier_one(store: Store, group: Group):
    worse, told = announce(group, "worse", NOW + 30)
    store.write(group, worse, (), NOW + 30, messages=told)

    later = f"a later message tells more; judge that one, or by s3watch verdict {group.id}"
    with pytest.raises(RefusedError, match=later):
        take(store, "expected", Shown(group.id, 1))

    assert store.group(group.id).verdict is None


def end(store: Store, group: Group) -> Group:
    """Let the group end; returns it as it is then."""
    Ledger(store).roll_up(group.id, closes_at(group))
    return store.group(group.id)


def test_what_ended_without_news_is_judged_below_the_last_message_that_people_got(store: Store, group: Group):
    ended = end(store, group)
    said = take(store, "expected", Shown(group.id, 1))

    assert (ended.closed, ended.sequence) == (True, 2)
    assert said == f"{group.id} is expected: it had ended already"
    assert store.group(group.id).verdict.judgement == "expected"


def test_an_end_that_was_told_to_people_is_judged_below_its_own_message(store: Store, group: Group):
    Ledger(store).record(make_hits(*make_reads(2)[1:]), "events", NOW + 1)
    end(store, group)

    with pytest.raises(RefusedError, match="a later message tells more"):
        take(store, "expected", Shown(group.id, 1))
    assert take(store, "expected", Shown(group.id, 2)).endswith("it had ended already")


def test_what_was_told_after_an_end_without_news_is_judged_below_that(store: Store, group: Group):
    ended = end(store, group)
    worse, told = announce(ended, "worse", NOW + 1e5)
    store.write(ended, worse, (), NOW + 1e5, messages=told)

    with pytest.raises(RefusedError, match="a later message tells more"):
        take(store, "expected", Shown(group.id, 1))
    assert take(store, "expected", Shown(group.id, 3))


GIVEN = Verdict("true-positive", CAROL, NOW + 30)
JUDGED = (
    "already judged true-positive, by role/Responder (carol) on 2026-11-20 08:14 UTC:"
    " s3watch verdict {} changes it"
)


def test_a_button_replaces_no_verdict_that_somebody_gave(store: Store, group: Group):
    given = give_verdict(store, group, GIVEN, NOW + 30).verdict
    with pytest.raises(RefusedError, match=re.escape(JUDGED.format(group.id))):
        take(store, "expected", Shown(group.id, 1))

    assert store.group(group.id).verdict == given


class Late(MemoryStore):
    """Has somebody else judge just before the first verdict is stored."""

    judged = False

    def judge(self, before: Group, after: Group, now: float) -> None:
        if not self.judged:
            self.judged = True
            give_verdict(self, before, GIVEN, now)
        super().judge(before, after, now)


def test_nor_one_that_somebody_gives_in_the_same_moment():
    store = Late()
    Ledger(store).record(make_hits(*make_reads(1)), "events", NOW)
    (identity,) = store.groups

    with pytest.raises(RefusedError, match="already judged true-positive"):
        take(store, "expected", Shown(identity, 1))
    assert store.group(identity).verdict.judgement == "true-positive"


def test_what_was_worse_than_the_verdict_a_button_judges_again(store: Store, group: Group):
    judged = give_verdict(store, group, replace(GIVEN, judgement="expected"), NOW + 30)
    worse, told = announce(store.group(group.id), "worse", NOW + 40)
    store.write(store.group(group.id), worse, (), NOW + 40, messages=told)

    assert judged.verdict != worse.verdict
    assert take(store, "true-positive", Shown(group.id, 2)).endswith("it stays open")


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
