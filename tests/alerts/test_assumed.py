from __future__ import annotations

from s3watch.alerts.alert import Assumed, Assumer
from s3watch.alerts.assumed import calls_behind

from tests.support.sample_alerts import OWNER, make_evidence

ALICE = Assumer("AssumeRole", "EXAMPLE", actor="user/alice", principal="user/alice", principal_type="user")


def test_who_assumed_a_role_is_the_caller_of_a_call_to_sts_that_shares_nothing_with_the_access():
    [(one, call)] = calls_behind(make_evidence(assumed=Assumed((ALICE,))))

    assert one is ALICE
    assert (call.event_name, call.event_source, call.event_id) == (
        "AssumeRole",
        "sts.amazonaws.com",
        "EXAMPLE",
    )
    assert (call.principal, call.bucket_account) == ("user/alice", OWNER)
    assert (call.bucket, call.key, call.ip, call.user_agent, call.assumed) == ("", "", "", "", None)


def test_where_nobody_is_known_there_is_no_call():
    assert calls_behind(make_evidence()) == []
    assert calls_behind(make_evidence(assumed=Assumed(unread="refused"))) == []
