"""The existing trail of a stack: whether it is there and records what is watched, and its files are read."""

from __future__ import annotations

from collections.abc import Iterator

from s3watch.errors import RefusedError
from s3watch.facts.requests.event_selectors import DIRECTORY_OBJECTS, OBJECTS, records_all

from s3watch_cli.attach.calls import Account
from s3watch_cli.attach.deployed_stack import DeployedStack, read_stack

QUEUE = "-log-files"  # what the queue's name has after the stack's
DIRECTORY = "--x-s3"  # the end of a directory bucket's name


def stack_of_queue(account: Account, queue: str) -> DeployedStack | None:
    """Read the stack of a queue of log files; None if it is another account's or Region's, or no stack's.

    Raises RefusedError.
    """
    *_, region, owner, name = queue.split(":")
    if (owner, region) != (account.id, account.region) or not name.endswith(QUEUE):
        return None
    return read_stack(account.client("cloudformation"), name.removesuffix(QUEUE))


def check_log_bucket_is_read(account: Account, bucket: str, stack: DeployedStack) -> None:
    """Raise RefusedError if the stack reads no files of the bucket: they would be counted and dropped."""
    named, arn = stack.listed("LogBuckets"), f"arn:{account.partition}:s3:::{bucket}"
    if arn not in named and bucket not in {
        stack.outputs.get("LogBucket"),
        stack.outputs.get("AccessLogBucket"),
    }:
        raise RefusedError(
            f"{bucket}: the stack {stack.name} reads no files in it; deploy s3watch with"
            f" LogBuckets={','.join((*named, arn))} first"
        )


def notes_on_trail(account: Account, queue: str, named: str) -> Iterator[str]:
    """Yield what the trail lacks that is named, or is the ExistingTrail of the queue's stack."""
    try:
        stack = stack_of_queue(account, queue)
    except RefusedError as error:
        if named:
            yield f"{named}: whether it records what is watched was not checked: {error}"
        return
    trail = stack and (named or stack.parameters.get("ExistingTrail"))
    if stack and trail:
        yield from _lacks(account, trail, stack)


def _lacks(account: Account, trail: str, stack: DeployedStack) -> Iterator[str]:
    try:
        selectors = account.event_selectors(trail)
    except RefusedError as error:
        yield f"{trail}: whether it records what is watched was not checked: {error}"
        return
    if selectors is None:
        yield (
            f"{trail}: this account has no such trail in {account.region}, so nothing is recorded, unless"
            " it belongs to another account whose files are read here: correct ExistingTrail, or remove it"
        )
        return
    missing = [
        one for one in stack.listed("WatchedBuckets") if not records_all(selectors, *_objects(account, one))
    ]
    if missing:
        yield (
            f"{trail}: does not record all reads and writes in {', '.join(missing)}; unless another trail"
            " does, there are no alerts on what is left out: add the whole buckets to its event selectors"
        )


def _objects(account: Account, bucket: str) -> tuple[str, str]:
    """Return the type of a bucket's objects, and what their ARNs begin with."""
    if bucket.endswith(DIRECTORY):
        place = f"{account.region}:{account.id}:bucket/{bucket}"
        return DIRECTORY_OBJECTS, f"arn:{account.partition}:s3express:{place}/"
    return OBJECTS, f"arn:{account.partition}:s3:::{bucket}/"
