"""Reverts a review's correction: restores the setting that it replaced, and marks it as undone."""

from __future__ import annotations

import time

import msgspec
from s3watch.aws import corrections
from s3watch.aws.buckets import read_acl, read_bucket_block
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import RefusedError
from s3watch.posture.acl import public_grants
from s3watch.posture.bucket_state import Block, State
from s3watch.posture.exposure import evaluate
from s3watch.posture.grants import describe
from s3watch.posture.review_state import Correction, ReviewState
from s3watch.text import timestamp

from s3watch_cli.attach.aws_errors import translate_errors_of_library
from s3watch_cli.attach.deployed_stack import open_ledger
from s3watch_cli.output import note

NAMES = {"acl": "ACL", "block": "Block Public Access"}


def revert(
    bucket: str, stack: str, table: str, profile: str | None, region: str | None, *, yes: bool
) -> None:
    """Show what reverting the latest correction changes, and with `yes` revert it.

    Raises RefusedError if there is no correction, the setting changed after it, or AWS refuses a call.
    """
    dynamodb, table = open_ledger(stack, table, profile, region)
    store = DynamoDBStore(dynamodb, table)
    with translate_errors_of_library(f"the table {table}"):
        known = store.reviewed(bucket)
    correction = _latest(known)
    note(f"{NAMES[correction.kind]} of {bucket}, corrected on {timestamp(correction.time)}")
    with translate_errors_of_library(bucket):
        is_as_left = _show(bucket, correction)
    if not is_as_left:
        raise RefusedError(f"{bucket} changed after the correction; restore its settings by hand")
    if not yes:
        note("nothing was changed; use --yes to make this change")
        return
    with translate_errors_of_library(bucket):
        _restore(store, known, correction)
    note(
        "done; s3watch will not correct this again for a day. If it should stay open, add an exception"
        f" from bucket-opened for s3://{bucket} to rules/exceptions.yaml"
    )


def _restore(store: DynamoDBStore, known: ReviewState, correction: Correction) -> None:
    """Restore the setting; mark it as undone first, else the review of this change would correct it again."""
    store.keep_reviewed(known, known.with_undone(correction.cause, time.time()))
    try:
        corrections.restore(known.bucket, correction)
    except BaseException:
        marked = store.reviewed(known.bucket)
        store.keep_reviewed(marked, marked.with_undone(correction.cause, 0))
        raise


def _latest(known: ReviewState) -> Correction:
    for correction in reversed(known.corrections):
        if not correction.undone:
            return correction
    raise RefusedError(f"{known.bucket} has no correction to revert")


def _show(bucket: str, correction: Correction) -> bool:
    """Show what reverting changes; returns whether the setting is still as the correction left it."""
    if correction.kind == "acl":
        current, replaced = read_acl(bucket), correction.replaced
        note(f"- {_describe_acl(current)}")
        note(f"+ {_describe_acl({**current, 'Grants': [*current.get('Grants', ()), *replaced['Grants']]})}")
        return not public_grants(current)
    block = read_bucket_block(bucket) or Block()
    note(f"- {_describe_block(block)}")
    note(f"+ {_describe_block(msgspec.convert(correction.replaced, Block))}")
    return block == correction.closed


def _describe_acl(acl: dict[str, object]) -> str:
    return ", ".join(describe(evaluate(State("", "", acl=acl)).grants)) or "private"


def _describe_block(block: Block) -> str:
    on = [name for name, is_on in msgspec.to_builtins(block).items() if is_on]
    return ", ".join(on) or "none of its settings"
