"""The boto3 clients of a simulated world, as far as the functions use them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.simulation.scheduler import current
from tests.simulation.table import RefusedWriteError, key_of
from tests.support.assumptions import make_assumption, make_history_event

if TYPE_CHECKING:
    from tests.simulation.world import World

MAIL, CHAT, MACHINES = "mail", "chat", "machines"
DEAD_LETTERS = "dead-letters"


class ConditionalCheckFailedException(ClientError):  # noqa: N818  # botocore's name
    """The condition of a single write did not hold."""


class TransactionCanceledException(ClientError):  # noqa: N818
    """The condition of a write of a transaction did not hold."""


class TransactionConflictException(ClientError):  # noqa: N818
    """Another transaction has the item."""


def failure(kind: type[ClientError], code: str, operation: str, **more: Any) -> ClientError:
    """An error as botocore raises it."""
    return kind({"Error": {"Code": code, "Message": code}, **more}, operation)


def refusal(operation: str) -> ClientError:
    """The error of a call that did not get through."""
    return failure(ClientError, "ServiceUnavailable", operation)


def conflict(operation: str) -> ClientError:
    """The error of a write to an item that another transaction has at this moment."""
    if operation == "transact_write_items":
        reasons = [{"Code": "TransactionConflict"}]
        code = "TransactionCanceledException"
        return failure(TransactionCanceledException, code, operation, CancellationReasons=reasons)
    return failure(TransactionConflictException, "TransactionConflictException", operation)


class DynamoDB:
    """The client of the table."""

    exceptions = SimpleNamespace(
        ConditionalCheckFailedException=ConditionalCheckFailedException,
        TransactionCanceledException=TransactionCanceledException,
        TransactionConflictException=TransactionConflictException,
    )

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world

    def get_item(self, **request: Any) -> dict[str, Any]:
        table = self._world().table
        key = key_of(request)
        item = self._world().call("store", "get_item", lambda: table.get(key), about=key)
        return {"Item": item} if item else {}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        table = self._world().table
        ((name, asked),) = request["RequestItems"].items()
        keys = [key["pk"]["S"] for key in asked["Keys"]]
        assert len(keys) <= 100
        items = self._call("batch_get_item", lambda: [table.get(key) for key in keys])
        return {"Responses": {name: [item for item in items if item]}, "UnprocessedKeys": {}}

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._write("update_item", [{"Update": request}])

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._write("put_item", [{"Put": request}])

    def delete_item(self, **request: Any) -> dict[str, Any]:
        return self._write("delete_item", [{"Delete": request}])

    def batch_write_item(self, **request: Any) -> dict[str, Any]:
        ((name, asked),) = request["RequestItems"].items()
        puts = [{"Put": {"TableName": name, **each["PutRequest"]}} for each in asked]
        assert len(puts) <= 25
        return self._write("batch_write_item", puts) | {"UnprocessedItems": {}}

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        return self._write("transact_write_items", request["TransactItems"])

    def query(self, **request: Any) -> dict[str, Any]:
        table = self._world().table
        return {"Items": self._call("query", lambda: table.query(request["IndexName"], request))}

    def _write(self, operation: str, writes: list[Any]) -> dict[str, Any]:
        world = self._world()
        worker, done = current(), False

        def write() -> None:
            nonlocal done
            if done and operation == "transact_write_items":
                return  # the SDK sends the same ClientRequestToken again
            try:
                world.table.write(writes)
            except RefusedWriteError as refused:
                raise _refused_write(operation, refused) from refused
            done = True

        keys = [key_of(request) for each in writes for request in each.values()]
        world.call("store", operation, write, about=keys[0])
        world.topics.mark(worker, keys)
        return {"Attributes": world.table.get(keys[0])}  # all of them, whatever was asked for

    def _call(self, operation: str, effect: Callable[[], Any]) -> Any:
        return self._world().call("store", operation, effect)


def _refused_write(operation: str, refused: RefusedWriteError) -> ClientError:
    if refused.codes == ["ValidationError"]:
        return failure(ClientError, "ValidationException", operation)
    if operation == "transact_write_items":
        told = zip(refused.codes, refused.items, strict=True)
        reasons = [{"Code": code} | ({"Item": item} if item else {}) for code, item in told]
        code = "TransactionCanceledException"
        return failure(TransactionCanceledException, code, operation, CancellationReasons=reasons)
    return failure(ConditionalCheckFailedException, "ConditionalCheckFailedException", operation)


class SNS:
    """The client of the topics, whose ARNs are their names."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world

    def publish(self, **request: Any) -> dict[str, Any]:
        world, worker = self._world(), current()
        topic, said = request["TopicArn"], worker.saying
        world.call(topic, "publish", lambda: world.publish(worker, topic, request, said), about=topic)
        return {"MessageId": "00000000-0000-4000-8000-000000000000"}


class SQS:
    """The client of the queues, whose URLs are their names."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world

    def send_message(self, **request: Any) -> dict[str, Any]:
        world = self._world()
        world.call("queue", "send_message", lambda: world.bury(request["MessageBody"]))
        return {}

    def change_message_visibility_batch(self, **request: Any) -> dict[str, Any]:
        world, role = self._world(), current().role

        def postpone() -> None:
            for entry in request["Entries"]:
                world.queues[role].postpone(entry["ReceiptHandle"], entry["VisibilityTimeout"])

        world.call("queue", "change_message_visibility_batch", postpone)
        return {}


class S3:
    """The client of the log buckets, and of those whose settings alerts are enriched from."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world

    def get_object(self, **request: Any) -> dict[str, Any]:
        world = self._world()
        content = world.call("files", "get_object", lambda: world.file(request["Key"]))
        return {"ContentLength": len(content), "Body": BytesIO(content), "ETag": request["Key"]}

    def get_bucket_versioning(self, **_: Any) -> dict[str, Any]:
        return self._world().call("files", "get_bucket_versioning", lambda: {"Status": "Enabled"})

    def get_bucket_tagging(self, **_: Any) -> dict[str, Any]:
        return self._world().call("files", "get_bucket_tagging", lambda: {"TagSet": []})

    def get_public_access_block(self, **_: Any) -> dict[str, Any]:
        return self._world().call("files", "get_public_access_block", dict)

    def get_bucket_policy_status(self, **_: Any) -> dict[str, Any]:
        public = {"PolicyStatus": {"IsPublic": True}}
        return self._world().call("files", "get_bucket_policy_status", lambda: public)

    def get_bucket_acl(self, **_: Any) -> dict[str, Any]:
        private = {"Owner": {"ID": "owner"}, "Grants": []}
        return self._world().call("files", "get_bucket_acl", lambda: private)


class S3Control:
    """The client of the account's settings."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world

    def get_public_access_block(self, **_: Any) -> dict[str, Any]:
        return self._world().call("control", "get_public_access_block", dict)


class IAM:
    """The client of the account's roles and users."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world

    def list_role_tags(self, **_: Any) -> dict[str, Any]:
        return self._world().call("iam", "list_role_tags", lambda: {"Tags": []})

    def list_user_tags(self, **_: Any) -> dict[str, Any]:
        return self._world().call("iam", "list_user_tags", lambda: {"Tags": []})


class CloudTrail:
    """The client of the event history, in which a user has assumed every role."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world

    def lookup_events(self, **request: Any) -> dict[str, Any]:
        [asked] = request["LookupAttributes"]
        found = {"Events": [make_history_event(make_assumption(key=asked["AttributeValue"]))]}
        return self._world().call("history", "lookup_events", lambda: found)
