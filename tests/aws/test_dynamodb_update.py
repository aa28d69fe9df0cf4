from __future__ import annotations

from s3watch.aws.dynamodb_update import Update, number


def test_an_update_names_everything_by_placeholders():
    update = Update("group#G1", "version = :before", before=number(3))
    update.set(version=number(4))
    update.remove("due_at")
    update.add({"count:events:read": 2})
    update.require("additions = :additions", additions=number(1))

    assert update.request("ledger") == {
        "TableName": "ledger",
        "Key": {"pk": {"S": "group#G1"}},
        "ConditionExpression": "version = :before AND additions = :additions",
        "UpdateExpression": "SET #n0 = :v1 REMOVE #n1 ADD #n2 :v2",
        "ExpressionAttributeNames": {"#n0": "version", "#n1": "due_at", "#n2": "count:events:read"},
        "ExpressionAttributeValues": {
            ":before": {"N": "3"}, ":v1": {"N": "4"}, ":v2": {"N": "2"}, ":additions": {"N": "1"},
        },
    }  # fmt: skip


def test_an_update_without_a_condition_has_none():
    update = Update("turns#alice", "")
    update.add({"turns": 1})

    assert "ConditionExpression" not in update.request("ledger")
