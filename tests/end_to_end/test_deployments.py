"""s3watch with every option on, and with every option off, each by a real deployment."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.demo.callers import Callers
from local.demo.scenario import BUCKET, BUCKETS, OBJECT
from tests.support.local_aws import ADDRESS, Deployment, eventually

pytestmark = pytest.mark.local_aws


def newcomer(deployment: Deployment) -> Any:
    """A client of a user who may do nothing."""
    return deployment.cloud.client("s3", Callers(deployment.cloud).user("newcomer", ()), ip="198.51.100.9")


def test_with_every_option_on_it_is_deployed_whole_and_tells_of_an_access(complete: Deployment):
    stacks = complete.cloud.client("cloudformation").list_stacks()["StackSummaries"]
    with pytest.raises(ClientError, match="AccessDenied"):
        newcomer(complete).get_object(Bucket=BUCKET, Key=OBJECT)

    assert {stack["StackStatus"] for stack in stacks} == {"CREATE_COMPLETE"}
    assert {"LogFileQueue", "FindingQueue", "ReviewQueue", "AccessLogBucket"} <= set(complete.outputs)
    assert eventually(lambda: complete.mails("user/newcomer", OBJECT), within=90)


def test_as_samconfig_says_it_is_deployed_whole_and_watches_the_buckets_named_there(deployed: Deployment):
    cloudformation = deployed.cloud.client("cloudformation")
    stacks = cloudformation.list_stacks()["StackSummaries"]
    [made] = cloudformation.describe_stacks(StackName="s3watch")["Stacks"]
    given = {one["ParameterKey"]: one["ParameterValue"] for one in made["Parameters"]}

    assert {stack["StackStatus"] for stack in stacks} == {"CREATE_COMPLETE"}
    assert (given["WatchedBuckets"], given["AlertEmail"]) == (",".join(BUCKETS), ADDRESS)


def test_with_every_option_off_it_tells_of_an_access_still(bare: Deployment):
    with pytest.raises(ClientError, match="AccessDenied"):
        newcomer(bare).get_object(Bucket=BUCKET, Key=OBJECT)
    topic = bare.outputs["AlertTopic"]

    def alerts():
        return [message.subject for message in bare.cloud.inbox("none") if message.topic == topic]

    assert OBJECT in eventually(alerts, within=90)[0]
    assert {"LogFileQueue", "FindingQueue", "ReviewQueue", "AccessLogBucket"}.isdisjoint(bare.outputs)
