"""`s3watch undo`: puts back what a correction replaced, and keeps it from being made again."""

from __future__ import annotations

import time
from typing import Any

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from s3watch.aws import buckets, clients
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import RefusedError
from s3watch.posture.bucket_state import BLOCK_ALL, Block, State
from s3watch.posture.exposure import describe, evaluate
from s3watch.posture.review import Correction, Kind, ReviewState
from s3watch.text import timestamp

from s3watch_cli.output import note

NAMES = {"acl": "ACL", "block": "Block Public Access"}


def undo(bucket: str, stack: str, table: str, profile: str | None, region: str | None, *, yes: bool) -> None:
    """Show what undoing the latest correction changes, and with `yes` do it.

    Raises RefusedError where there is none, or somebody changed the bucket since.
    """
    boto3.setup_default_session(profile_name=profile, region_name=region)
    store = DynamoDBStore(clients.client("dynamodb"), table or _table(stack))
    known = store.reviewed(bucket)
    correction = _latest(known)
    current = buckets.setting(bucket, correction.kind)
    note(f"{NAMES[correction.kind]} of {bucket}, corrected on {timestamp(correction.time)}")
    note(f"- {_shown(correction.kind, current)}")
    note(f"+ {_shown(correction.kind, correction.replaced)}")
    if _shown(correction.kind, current) != _shown(correction.kind, _as_left(correction)):
        raise RefusedError(f"somebody changed {bucket} since: put back by hand what is right now")
    if not yes:
        note("nothing was changed; say --yes to do it")
        return
    _restore(store, known, correction)
    note(
        f"done; for a day it is not corrected again. If it is meant to stay, except {bucket} from"
        " bucket-opened in rules/exceptions.yaml"
    )


def _restore(store: DynamoDBStore, known: ReviewState, correction: Correction) -> None:
    """Mark first: else the review of our own change would correct it before anybody says it is meant."""
    marked = known.with_updated_correction(correction, undone=time.time())
    store.keep_reviewed(known, marked)
    try:
        buckets.restore(known.bucket, correction)
    except BaseException:
        store.keep_reviewed(store.reviewed(known.bucket), known)
        raise


def _latest(known: ReviewState) -> Correction:
    for correction in reversed(known.corrections):
        if not correction.undone:
            return correction
    raise RefusedError(f"there is no correction of {known.bucket} to undo")


def _table(stack: str) -> str:
    """The ledger of a stack."""
    try:
        found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except (ClientError, BotoCoreError) as error:
        raise RefusedError(f"the stack {stack} can not be asked for its ledger: {error}") from error
    for output in found.get("Outputs", ()):
        if output.get("OutputKey") == "Ledger":
            return output["OutputValue"]
    raise RefusedError(f"the stack {stack} has no output Ledger; name the table with --table")


def _as_left(correction: Correction) -> dict[str, Any]:
    """The setting as the correction left it."""
    if correction.kind == "block":
        closed: dict[str, Any] = msgspec.to_builtins(BLOCK_ALL)
        return closed
    return {**correction.replaced, "Grants": []}


def _shown(kind: Kind, setting: dict[str, Any]) -> str:
    """A setting in one line."""
    if kind == "acl":
        return ", ".join(describe(evaluate(State("", "", acl=setting)).grants)) or "private"
    on = [name for name, is_on in msgspec.to_builtins(msgspec.convert(setting, Block)).items() if is_on]
    return ", ".join(on) or "none of its settings"
