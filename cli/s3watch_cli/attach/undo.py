"""Undoes a review's correction: restores the setting that it replaced, and marks it as undone."""

from __future__ import annotations

import time
from typing import Any

import boto3
import msgspec
from s3watch.aws import buckets, clients
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import RefusedError
from s3watch.posture.bucket_state import BLOCK_ALL, Block, State
from s3watch.posture.exposure import describe, evaluate
from s3watch.posture.review import Correction, Kind, ReviewState
from s3watch.text import timestamp

from s3watch_cli.attach.stack_outputs import read_output
from s3watch_cli.output import note

NAMES = {"acl": "ACL", "block": "Block Public Access"}


def undo(bucket: str, stack: str, table: str, profile: str | None, region: str | None, *, yes: bool) -> None:
    """Show what undoing the latest correction changes, and with `yes` undo it.

    Raises RefusedError if there is no correction, or the setting changed after it.
    """
    boto3.setup_default_session(profile_name=profile, region_name=region)
    if not table:
        instead = "name the table with --table"
        table = read_output(boto3.client("cloudformation"), stack, "Ledger", instead)
    store = DynamoDBStore(clients.client("dynamodb"), table)
    known = store.reviewed(bucket)
    correction = _latest(known)
    current = buckets.setting(bucket, correction.kind)
    note(f"{NAMES[correction.kind]} of {bucket}, corrected on {timestamp(correction.time)}")
    note(f"- {_describe(correction.kind, current)}")
    note(f"+ {_describe(correction.kind, correction.replaced)}")
    if _describe(correction.kind, current) != _describe(correction.kind, _as_left(correction)):
        raise RefusedError(f"{bucket} changed after the correction; restore its settings by hand")
    if not yes:
        note("nothing was changed; use --yes to make this change")
        return
    _restore(store, known, correction)
    note(
        f"done; it is not corrected again for a day. If it should stay, add an exception for {bucket} to"
        " bucket-opened in rules/exceptions.yaml"
    )


def _restore(store: DynamoDBStore, known: ReviewState, correction: Correction) -> None:
    """Restore the setting; mark it as undone first, else the review of this change would correct it again."""
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
    raise RefusedError(f"{known.bucket} has no correction to undo")


def _as_left(correction: Correction) -> dict[str, Any]:
    """Return the setting as the correction left it."""
    if correction.kind == "block":
        closed: dict[str, Any] = msgspec.to_builtins(BLOCK_ALL)
        return closed
    return {**correction.replaced, "Grants": []}


def _describe(kind: Kind, setting: dict[str, Any]) -> str:
    """Describe a setting in one line."""
    if kind == "acl":
        return ", ".join(describe(evaluate(State("", "", acl=setting)).grants)) or "private"
    on = [name for name, is_on in msgspec.to_builtins(msgspec.convert(setting, Block)).items() if is_on]
    return ", ".join(on) or "none of its settings"
