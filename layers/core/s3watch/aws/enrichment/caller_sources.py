"""Reads what the account says of a caller: the tags of its role or user."""

from __future__ import annotations

from functools import partial

from s3watch.aws import clients
from s3watch.enrichment.tags import choose_tags


def read_caller_tags(principal: str) -> tuple[str, ...]:
    """Read the tags of `role/NAME` or `user/NAME` that say most; none of one that was deleted meanwhile.

    Raises RefusedError or UnavailableError.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html
    """
    kind, _, name = principal.partition("/")
    iam = clients.brief_client("iam")
    ask = partial(iam.list_role_tags, RoleName=name)
    if kind == "user":
        ask = partial(iam.list_user_tags, UserName=name)
    answer = clients.ask("IAM", ask, "NoSuchEntity")
    return choose_tags({tag["Key"]: tag["Value"] for tag in answer["Tags"]} if answer else {})
