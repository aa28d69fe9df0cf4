from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from s3watch.alerts.alert import Alert, News
from s3watch.ledger.groups import Group
from s3watch.ledger.merging import gravest, merge
from s3watch.ledger.messages import Message

from tests.support.hits import EVIDENCE, add, make_tally, open_first


def alerts(*acts: tuple[str, str], group: Group | None = None) -> list[Alert]:
    """The mails of one group about these acts, one after the other."""
    said: list[Alert] = []
    for act, target in acts:
        tally = make_tally(act=act, target=target)
        messages: tuple[Message, ...]
        group, messages = add(group, tally) if group else open_first(tally)
        said.append(messages[0].alert)
    return said


WORSE = (("read", ""), ("opened", "PutObjectAcl everyone"), ("copy-out", "CopyObject elsewhere"))


def test_one_message_is_said_as_it_is():
    (only,) = alerts(("read", ""))

    assert merge([only]) is only


def test_the_gravest_act_is_shown_and_the_newest_totals_are_told():
    _, opened, copied = alerts(*WORSE)
    merged = merge([opened, copied])

    assert (merged.evidence.act, merged.sequence, merged.acts) == ("opened", 3, copied.acts)


def test_what_the_messages_have_as_news_is_added_up():
    _, opened, copied = alerts(*WORSE)
    merged = merge([opened, copied])

    assert merged.news == News(acts=(("opened", 1), ("copy-out", 1)))
    assert merged.lasting == ("opened PutObjectAcl everyone", "copy-out CopyObject elsewhere")


def test_with_the_first_message_all_is_new():
    merged = merge(alerts(*WORSE))

    assert (merged.kind, merged.news, merged.evidence.act) == ("first", None, "opened")


def test_of_equal_acts_what_is_open_to_everyone_is_shown():
    def opened(event: str, **facts: Any) -> Alert:
        return replace(alert, evidence=replace(EVIDENCE, act="opened", event_id=event, **facts))

    alert, *_ = alerts(("opened", "PutObjectAcl 444455556666"))
    merged = merge([opened("everyone", grants_public=True), replace(opened("one"), sequence=2)])

    assert merged.evidence.event_id == "everyone"


def test_the_gravest_act_of_an_alert_need_not_be_the_one_it_shows():
    *_, last = alerts(("opened", "PutObjectAcl everyone"), ("copy-out", "CopyObject elsewhere"))

    assert (last.evidence.act, gravest(last)) == ("copy-out", 6)
