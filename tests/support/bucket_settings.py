"""Settings of buckets as S3's API gives them, for tests; `notifications` makes any that S3 would take."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:s3watch-log-files"
THEIRS = "arn:aws:sqs:eu-west-1:111122223333:thumbnails"
EVENT_BRIDGE: dict[str, Any] = {"EventBridgeConfiguration": {}}


def notifying(
    queue: str = THEIRS, prefix: str = "", suffix: str = "", *, name: str = "theirs"
) -> dict[str, Any]:
    """A notification configuration for a queue."""
    rules = [{"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]
    return {
        "Id": name,
        "QueueArn": queue,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [rule for rule in rules if rule["Value"]]}},
    }


def logging_to(bucket: str, prefix: str = "") -> dict[str, Any]:
    """Access logging to a bucket."""
    return {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": prefix}}


_names = st.text("abc-", min_size=1, max_size=4)
_events = st.lists(
    st.sampled_from(["s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectRemoved:*"]),
    min_size=1,
    max_size=2,
    unique=True,
)


def _items(destination: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    rules = st.lists(
        st.fixed_dictionaries({"Name": st.sampled_from(["prefix", "Suffix"]), "Value": _names}), max_size=1
    )
    key = st.fixed_dictionaries({"Key": st.fixed_dictionaries({"FilterRules": rules})})
    item = st.fixed_dictionaries(
        {destination: _names, "Events": _events}, optional={"Id": _names, "Filter": key}
    )
    return st.lists(item, min_size=1, max_size=3)


notifications = st.fixed_dictionaries(
    {},
    optional={
        "TopicConfigurations": _items("TopicArn"),
        "QueueConfigurations": _items("QueueArn"),
        "LambdaFunctionConfigurations": _items("LambdaFunctionArn"),
        "EventBridgeConfiguration": st.just({}),
    },
)
